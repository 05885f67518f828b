#include "offline/relay_command.h"

#include <fmt/core.h>

#include <algorithm>
#include <cstdio>
#include <utility>

#include "base/text.h"
#include "config/files.h"
#include "config/login_patterns.h"
#include "offline/relay_scan.h"
#include "os/line_reader.h"
#include "os/user_number.h"

namespace systemcheck {
namespace {

constexpr int exit_wrong = 2;
constexpr int exit_unknown = 3;

void complain(const std::string& text) { std::fprintf(stderr, "systemcheckctl: %s\n", text.c_str()); }

int fail(const Error& error) {
  complain(error.message);
  return exit_unknown;
}

std::vector<uid_t> numbers_of(const std::vector<std::string>& users) {
  std::vector<uid_t> numbers;
  for (const auto& user : users) {
    if (const auto number = user_number(user)) numbers.push_back(*number);
  }
  return numbers;
}

Result<std::vector<IpNetwork>> networks_of(const std::vector<std::string>& texts) {
  std::vector<IpNetwork> networks;
  for (const auto& text : texts) {
    if (text == "none") continue;
    const auto network = IpNetwork::parse(text);
    if (!network)
      return Error{Error::Kind::malformed, "--never: '" + printable(text, 64) + "' is not a network"};
    networks.push_back(*network);
  }
  return networks;
}

Result<std::vector<LoginPattern>> read_patterns(const std::string& path) {
  if (path.empty()) return std::vector<LoginPattern>{};
  const auto texts = read_config_texts(path);
  if (!texts) return texts.error();
  auto file = load_login_patterns(texts->front());
  if (file.problems.empty()) return std::move(file.patterns);
  auto lines = problem_lines(file.problems);
  while (lines.ends_with('\n'))
    lines.pop_back();
  return Error{Error::Kind::malformed, std::move(lines)};
}

Result<ScanRules> rules_of(const RelayArguments& arguments, const LocalClock& clock) {
  ScanRules rules{
      .scope = {.smtp_auth = arguments.smtp_auth}, .offset_at = clock.offset_at, .now = clock.now};
  auto patterns = read_patterns(arguments.patterns);
  if (!patterns) return patterns.error();
  auto never = networks_of(arguments.never);
  if (!never) return never.error();
  rules.patterns = *std::move(patterns);
  rules.never = *std::move(never);
  rules.finds_layout = !arguments.is_annotated;
  rules.reader.layout = arguments.is_annotated ? LineLayout::annotated : LineLayout::plain;
  rules.reader.senders = numbers_of(arguments.senders.empty() ? RelayRules{}.senders : arguments.senders);
  if (arguments.believes_unknown_writers) rules.reader.trusted_origin = TrustedOrigin::ignored;
  return rules;
}

struct Told {
  LineVerdict verdict{};
  std::string_view words{};
};
constexpr std::array told_verdicts{
    Told{LineVerdict::login, "logins with an address"},
    Told{LineVerdict::login_without_address,
         "logins without an address: the server does not log it; it has to be added by hand"},
    Told{LineVerdict::untrusted,
         "logins that authorise nobody, as it is not known that a mail server wrote them: see "
         "contrib/rsyslog/, or "
         "--acknowledge-untrusted-origin where there are no shell users"},
    Told{LineVerdict::bad_address, "logins whose address is none"},
    Told{LineVerdict::bad_user, "logins of a user whose name is too long or has control characters in it"},
    Told{LineVerdict::bad_time, "logins whose time cannot be read"},
    Told{LineVerdict::unreadable, "lines that are not made like those of a log"},
};

std::string summary(const ScanCounts& counts) {
  auto text = fmt::format("{} lines\n", counts.lines);
  for (const auto& [verdict, words] : told_verdicts) {
    if (counts.of(verdict) > 0) text += fmt::format("{} {}\n", counts.of(verdict), words);
  }
  if (counts.too_long > 0)
    text += fmt::format("{} lines longer than {} bytes were skipped\n", counts.too_long, log_line_bytes_max);
  if (counts.never > 0) text += fmt::format("{} logins from a network of --never\n", counts.never);
  if (counts.from_loopback > 0)
    text += fmt::format("{} logins from this machine itself, which a daemon does not authorise by default\n",
                        counts.from_loopback);
  for (const auto& path : counts.annotated)
    text += printable(path, 4096) + " says who wrote each line\n";
  for (const auto& name : counts.instances)
    text +=
        fmt::format("{0} is a Dovecot; a daemon has to be told: patterns: [{{name: dovecot, tags: [{0}]}}]\n",
                    printable(name, 64));
  return text;
}

int scan(const ScanRules& rules, const std::vector<std::string>& logs) {
  RelayScan scan(rules);
  int result = 0;
  for (const auto& path : logs) {
    const auto status = scan.scan(path, logs.size() > 1 ? printable(path, 4096) + ":" : "", stdout);
    if (!status) result = fail(status.error());
  }
  if (std::fflush(stdout) != 0) return fail({Error::Kind::failed, "standard output cannot be written to"});
  std::fputs(summary(scan.counts()).c_str(), stderr);
  return result;
}

}  // namespace

int scan_logs(const RelayArguments& arguments, const LocalClock& clock) {
  const auto rules = rules_of(arguments, clock);
  if (!rules) return fail(rules.error());
  return scan(*rules, arguments.logs);
}

int explain_lines(const RelayArguments& arguments, const LocalClock& clock) {
  const auto rules = rules_of(arguments, clock);
  if (!rules) return fail(rules.error());
  auto patterns = LoginPatterns::compile(rules->patterns, rules->scope);
  if (!patterns) return fail(patterns.error());
  const LoginReader reader(*std::move(patterns), rules->reader, clock.offset_at);
  if (arguments.line != "-") {
    std::fputs(reader.explain(arguments.line, clock.now).c_str(), stdout);
    return 0;
  }
  auto lines = LineReader::open("-", log_line_bytes_max);
  if (!lines) return fail(lines.error());
  while (const auto line = lines->next())
    std::fputs((reader.explain(*line, clock.now) + "\n").c_str(), stdout);
  return lines->error() ? fail(*lines->error()) : 0;
}

int test_patterns(const RelayArguments& arguments, const LocalClock& clock) {
  auto rules = rules_of(arguments, clock);
  if (!rules) return fail(rules.error());
  const auto compiled = LoginPatterns::compile(rules->patterns, {.smtp_auth = true});
  if (!compiled) {
    std::fprintf(stderr, "%s\n", compiled.error().message.c_str());
    return exit_wrong;
  }
  std::printf("%zu patterns are sound, and fit their examples\n", rules->patterns.size());
  rules->scope.smtp_auth = true;
  rules->reader.trusted_origin = TrustedOrigin::ignored;
  for (const auto& pattern : rules->patterns)
    rules->only.insert(pattern.name);
  return arguments.logs.empty() ? 0 : scan(*rules, arguments.logs);
}

}  // namespace systemcheck
