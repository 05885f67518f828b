#include "relay/login_patterns.h"

#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <map>
#include <utility>

#include "base/ip_address.h"
#include "base/text.h"
#include "relay/builtin_patterns.h"
#include "relay/log_line.h"
#include "relay/pattern_problems.h"

namespace systemcheck {
namespace {

constexpr std::int64_t expression_memory_bytes = 1 << 20;  // of each
constexpr std::size_t patterns_max = 128;
constexpr int groups_max = 3;  // the whole, ip, user

re2::StringPiece piece(std::string_view text) { return {text.data(), text.size()}; }

/// Bytes, as a log has them: RE2 would not let a name that is no UTF-8 fit anything.
re2::RE2::Options options() {
  re2::RE2::Options options(re2::RE2::Latin1);
  options.set_log_errors(false);
  options.set_max_mem(expression_memory_bytes);
  return options;
}

/// An expression that fits whole messages only: there is no other way to ask it.
class Matcher {
 public:
  explicit Matcher(const std::string& text) : expression_(text, options()) {
    const auto& groups = expression_.NamedCapturingGroups();
    const auto number_of = [&](const char* name) {
      const auto found = groups.find(name);
      return found == groups.end() ? 0 : found->second;
    };
    address_ = number_of("ip");
    user_ = number_of("user");
  }

  [[nodiscard]] std::string problem() const { return expression_.ok() ? "" : printable(expression_.error()); }

  /// Fills in address and user where it fits.
  bool fit(std::string_view message, LoginFit& into) const {
    std::array<re2::StringPiece, groups_max> found;
    const int wanted = 1 + expression_.NumberOfCapturingGroups();
    if (!expression_.Match(piece(message), 0, message.size(), re2::RE2::ANCHOR_BOTH, found.data(), wanted))
      return false;
    const auto text = [&](int group) {
      const auto& it = found.at(static_cast<std::size_t>(group));
      return group == 0 || it.empty() ? std::string_view{} : std::string_view(it.data(), it.size());
    };
    into.address = text(address_);
    into.user = text(user_);
    return true;
  }

 private:
  re2::RE2 expression_;
  int address_ = 0;
  int user_ = 0;
};

/// The first eight bytes of a text as one number, with zeros behind a shorter one.
std::uint64_t first_bytes(std::string_view text) {
  std::uint64_t first = 0;
  if (text.size() >= sizeof first) {
    std::memcpy(&first, text.data(), sizeof first);
  } else {
    std::memcpy(&first, text.data(), text.size());
  }
  return first;
}

/// Most messages differ from it in their first bytes, which are compared at once.
struct Prefix {
  explicit Prefix(std::string_view prefix)
      : text(prefix), first(first_bytes(prefix)), mask(first_bytes(std::string(prefix.size(), '\xFF'))) {}

  std::string text;
  std::uint64_t first;
  std::uint64_t mask;
};

struct Pattern {
  explicit Pattern(LoginPattern written)
      : as_written(std::move(written)),
        prefixes(as_written.prefixes.begin(), as_written.prefixes.end()),
        whole(as_written.expression) {
    if (!as_written.open.empty()) open.emplace(as_written.open);
    if (!as_written.close.empty()) close.emplace(as_written.close);
  }

  [[nodiscard]] bool begins(std::string_view message) const {
    const auto first = first_bytes(message);
    return std::ranges::any_of(prefixes, [&](const Prefix& it) {
      return ((first ^ it.first) & it.mask) == 0 && message.starts_with(it.text);
    });
  }

  [[nodiscard]] std::optional<LoginFit> fit(std::string_view message) const {
    LoginFit fit{
        .pattern = as_written.name, .is_second_line = open.has_value(), .open_for = as_written.open_for};
    if (begins(message) && whole.fit(message, fit)) return fit;
    if (!open) return std::nullopt;
    fit.is_second_line = false;
    fit.kind = LoginFit::Kind::opens;
    if (open->fit(message, fit)) return fit;
    fit.kind = LoginFit::Kind::closes;
    if (close && close->fit(message, fit)) return fit;
    return std::nullopt;
  }

  LoginPattern as_written;
  std::vector<Prefix> prefixes;
  Matcher whole;
  std::optional<Matcher> open{};
  std::optional<Matcher> close{};
};

/// Of a tag that is not empty: its length and three of its bytes tell most of them apart.
std::size_t hash_of(std::string_view tag) {
  const auto byte = [tag](std::size_t at) {
    return static_cast<std::size_t>(static_cast<unsigned char>(tag[at]));
  };
  return tag.size() * 151 + byte(0) * 31 + byte(tag.size() / 2) * 7 + byte(tag.size() - 1);
}

/// Programs and the patterns of each; a table with more gaps than tags.
class TagTable {
 public:
  void fill(const std::map<std::string, std::vector<const Pattern*>>& tags) {
    std::size_t size = 64;
    while (size < 8 * tags.size())
      size *= 2;
    slots_.assign(size, {});
    for (const auto& [tag, patterns] : tags) {
      auto at = hash_of(tag) & (size - 1);
      while (!slots_[at].tag.empty())
        at = (at + 1) & (size - 1);
      slots_[at] = {.tag = tag, .patterns = patterns};
    }
  }

  [[nodiscard]] const std::vector<const Pattern*>* find(std::string_view tag) const {
    if (tag.empty()) return nullptr;
    for (auto at = hash_of(tag) & (slots_.size() - 1); !slots_[at].tag.empty();
         at = (at + 1) & (slots_.size() - 1)) {
      if (slots_[at].tag == tag) return &slots_[at].patterns;
    }
    return nullptr;
  }

 private:
  struct Slot {
    std::string tag{};
    std::vector<const Pattern*> patterns{};
  };
  std::vector<Slot> slots_{};
};

/// An address that is none does not count: what fits need not be a login yet.
std::string example_problem(const Pattern& pattern, const std::string& text, bool must_fit) {
  const auto quoted = "'" + printable(text) + "'";
  const auto line = parse_log_line(text, LineLayout::plain);
  if (!line) return quoted + " is not a line of a log";
  const auto& tags = pattern.as_written.tags;
  const bool is_tag = std::ranges::find(tags, line->tag) != tags.end();
  const auto fit = is_tag ? pattern.fit(line->message) : std::nullopt;
  const bool is_sound = fit && (fit->address.empty() || IpAddress::parse(fit->address));
  if (must_fit && !is_tag) return quoted + " is under match, but its tag is none of the tags";
  if (must_fit && !is_sound) return quoted + " is under match, but does not fit";
  if (!must_fit && fit) return quoted + " is under nomatch, but fits";
  return {};
}

void try_examples(const Pattern& pattern, std::vector<std::string>& problems) {
  const auto try_all = [&](const std::vector<std::string>& examples, bool must_fit) {
    for (const auto& text : examples) {
      if (auto problem = example_problem(pattern, text, must_fit); !problem.empty())
        problems.push_back(std::move(problem));
    }
  };
  try_all(pattern.as_written.matches, true);
  try_all(pattern.as_written.mismatches, false);
}

/// "dovecot" is the name of "dovecot-proxy", too.
bool is_called(const LoginPattern& builtin, std::string_view name) {
  return builtin.name == name || (builtin.name.starts_with(name) && builtin.name[name.size()] == '-');
}

bool only_adds_tags(const LoginPattern& pattern) {
  return pattern.expression.empty() && pattern.open.empty();
}

class Compilation {
 public:
  Result<std::shared_ptr<const LoginPatterns::Compiled>> compile(const std::vector<LoginPattern>& ours,
                                                                 LoginScope scope);

 private:
  void add_tags(const LoginPattern& pattern) {
    bool is_known = false;
    for (auto& builtin : builtins_) {
      if (!is_called(builtin, pattern.name)) continue;
      is_known = true;
      builtin.tags.insert(builtin.tags.end(), pattern.tags.begin(), pattern.tags.end());
    }
    if (!is_known) say(pattern, "has no re, and no pattern of that name is built in");
    if (is_known && pattern.tags.empty()) say(pattern, "has no tags to add");
  }

  void say(const LoginPattern& pattern, const std::string& what) {
    problems_ += (problems_.empty() ? "" : "\n") + printable(pattern.name, 64) + ": " + what;
  }

  void add(const LoginPattern& pattern, PatternSource source);

  std::vector<LoginPattern> builtins_ = builtin_patterns();
  std::string problems_{};
  std::shared_ptr<LoginPatterns::Compiled> compiled_ = std::make_shared<LoginPatterns::Compiled>();
};

}  // namespace

struct LoginPatterns::Compiled {
  std::vector<std::unique_ptr<const Pattern>> patterns{};
  TagTable tags{};
};

namespace {

void Compilation::add(const LoginPattern& pattern, PatternSource source) {
  auto problems = problems_of(pattern, source);
  if (problems.empty()) {
    auto compiled = std::make_unique<const Pattern>(pattern);
    for (const auto* it : {&compiled->whole, compiled->open ? &*compiled->open : nullptr,
                           compiled->close ? &*compiled->close : nullptr}) {
      if (it != nullptr && !it->problem().empty())
        problems.push_back("RE2 does not know it: " + it->problem());
    }
    if (problems.empty()) try_examples(*compiled, problems);
    compiled_->patterns.push_back(std::move(compiled));
  }
  for (const auto& problem : problems)
    say(pattern, problem);
}

Result<std::shared_ptr<const LoginPatterns::Compiled>> Compilation::compile(
    const std::vector<LoginPattern>& ours, LoginScope scope) {
  if (ours.size() > patterns_max)
    return Error{Error::Kind::malformed, "more than " + std::to_string(patterns_max) + " patterns"};
  for (const auto& pattern : ours) {
    if (only_adds_tags(pattern)) add_tags(pattern);
  }
  const auto is_wanted = [&](const LoginPattern& it) { return scope.smtp_auth || !it.is_smtp_auth; };
  for (const auto& builtin : builtins_) {
    if (is_wanted(builtin)) add(builtin, PatternSource::built_in);
  }
  for (const auto& pattern : ours) {
    if (only_adds_tags(pattern)) continue;
    const auto same = [&](const LoginPattern& it) { return it.name == pattern.name; };
    if (std::ranges::any_of(builtins_, same)) say(pattern, "is the name of a built-in pattern");
    if (std::ranges::count_if(ours, same) > 1) say(pattern, "is the name of two patterns");
    add(pattern, PatternSource::configuration);
  }
  if (!problems_.empty()) return Error{Error::Kind::malformed, problems_};
  std::map<std::string, std::vector<const Pattern*>> tags;
  for (const auto& pattern : compiled_->patterns) {
    for (const auto& tag : pattern->as_written.tags) {
      if (is_wanted(pattern->as_written)) tags[tag].push_back(pattern.get());
    }
  }
  compiled_->tags.fill(tags);
  return std::shared_ptr<const LoginPatterns::Compiled>(compiled_);
}

std::string begins_with(const LoginPattern& pattern) {
  std::string text;
  for (const auto& prefix : pattern.prefixes)
    text += (text.empty() ? "'" : ", '") + printable(prefix) + "'";
  return text;
}

}  // namespace

Result<LoginPatterns> LoginPatterns::compile(const std::vector<LoginPattern>& ours, LoginScope scope) {
  auto compiled = Compilation().compile(ours, scope);
  if (!compiled) return compiled.error();
  return LoginPatterns(*std::move(compiled));
}

bool LoginPatterns::look_at(std::string_view tag) const { return compiled_->tags.find(tag) != nullptr; }

std::optional<LoginFit> LoginPatterns::fit(std::string_view tag, std::string_view message) const {
  const auto* patterns = compiled_->tags.find(tag);
  if (patterns == nullptr) return std::nullopt;
  for (const auto* pattern : *patterns) {
    if (const auto found = pattern->fit(message)) return found;
  }
  return std::nullopt;
}

std::string LoginPatterns::explain(std::string_view tag, std::string_view message) const {
  const auto* patterns = compiled_->tags.find(tag);
  if (patterns == nullptr) return "no pattern looks at what '" + printable(tag, 64) + "' writes\n";
  std::string text;
  for (const auto* pattern : *patterns) {
    const auto& name = pattern->as_written.name;
    if (pattern->fit(message)) return text + name + ": fits\n";
    const bool begins = pattern->begins(message);
    text += name + (begins ? ": it begins right, but the whole message does not fit "
                           : ": the message does not begin with ");
    text += (begins ? pattern->as_written.expression : begins_with(pattern->as_written)) + "\n";
  }
  return text;
}

}  // namespace systemcheck
