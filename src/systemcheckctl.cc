#include <sys/ioctl.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <string>
#include <string_view>

#include "ctl/client.h"
#include "ctl/command_text.h"
#include "ctl/history_text.h"
#include "ctl/relay_text.h"
#include "ctl/shed_text.h"
#include "ctl/status_table.h"
#include "menu/run_menu.h"
#include "offline/relay_command.h"
#include "offline/replay_command.h"
#include "os/clock.h"
#include "os/local_time.h"

// Exit codes are those of monitoring plugins: 0 ok, 1 warning, 2 critical, 3 unknown.

namespace {

using namespace systemcheck;

constexpr int exit_unknown = 3;
constexpr std::size_t width_without_terminal = 200;

std::size_t terminal_width() {
  winsize size{};
  const bool is_terminal = ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
  return is_terminal ? size.ws_col : width_without_terminal;
}

int fail(const Error& error) {
  const bool is_nobody_there = error.kind == Error::Kind::not_found || error.kind == Error::Kind::refused;
  std::fprintf(stderr, "systemcheckctl: %s%s\n", error.message.c_str(),
               is_nobody_there ? "; is systemcheckd running?" : "");
  return exit_unknown;
}

int exit_code(CheckStatus status) {
  switch (status) {
    case CheckStatus::ok:
      return 0;
    case CheckStatus::warning:
      return 1;
    case CheckStatus::critical:
      return 2;
    case CheckStatus::unknown:
      break;
  }
  return exit_unknown;
}

int show_status(const std::string& socket, bool as_json) {
  const auto answer = ask_daemon(socket, "status");
  if (!answer) return fail(answer.error());
  const auto table = status_table(*answer, terminal_width(), wall_now());
  if (!table) return fail(table.error());
  std::fputs(as_json ? answer->c_str() : table->text.c_str(), stdout);
  return exit_code(table->status);
}

int show_shed_plan(const std::string& socket, bool as_json) {
  const auto answer = ask_daemon(socket, "status");
  if (!answer) return fail(answer.error());
  const auto plan = shed_plan(*answer);
  if (!plan) return fail(plan.error());
  std::fputs(as_json ? answer->c_str() : plan->text.c_str(), stdout);
  return exit_code(plan->status);
}

struct HistoryArguments {
  std::string service{};
  std::string since{};
  std::size_t limit = 50;
};

int show_history(const std::string& socket, const HistoryArguments& arguments, bool as_json) {
  auto question = "history " + arguments.service + " --limit " + std::to_string(arguments.limit);
  if (!arguments.since.empty()) {
    const auto since = parse_duration(arguments.since);
    if (!since) return fail(since.error());
    question += " --since " + std::to_string(std::chrono::ceil<std::chrono::seconds>(*since).count());
  }
  const auto answer = ask_daemon(socket, question);
  if (!answer) return fail(answer.error());
  const auto text = history_text(*answer, arguments.limit);
  if (!text) return fail(text.error());
  std::fputs(as_json ? answer->c_str() : text->c_str(), stdout);
  return 0;
}

int explain(const std::string& socket, const std::string& service, bool as_json) {
  const auto answer = ask_daemon(socket, "explain " + service);
  if (!answer) return fail(answer.error());
  const auto text = explanation(*answer);
  if (!text) return fail(text.error());
  std::fputs(as_json ? answer->c_str() : text->text.c_str(), stdout);
  return exit_code(text->status);
}

int show_menu(const std::string& socket) {
  const auto farewell = run_menu(socket);
  if (!farewell) return fail(farewell.error());
  std::fputs(farewell->c_str(), stdout);
  return 0;
}

CLI::App* add_replay(CLI::App& app, ReplayArguments& arguments) {
  auto* replay = app.add_subcommand("replay", "decide upon the history again, with another configuration");
  replay->add_option("service", arguments.services, "tell of these services alone");
  replay->add_option("--config", arguments.config, "the other configuration, instead of the installed one");
  auto* directory = replay->add_option("--state-directory", arguments.state_directory,
                                       "where state.db is, instead of the configured one");
  replay->add_option("--database", arguments.database, "this file, which may be a copy")->excludes(directory);
  replay->add_option("--since", arguments.since, "tell of nothing older than this: 90s, 2h, 7d");
  replay->add_flag("--differences", arguments.only_differences, "tell only of what is different");
  replay->add_flag("--json", arguments.as_json, "the whole document, for programs");
  return replay;
}

int show_replay(const ReplayArguments& arguments) {
  const auto answer = answer_replay(arguments, wall_now());
  std::fputs(answer.output.c_str(), stdout);
  std::fputs(answer.complaints.c_str(), stderr);
  return answer.exit_code;
}

/// What the daemon is asked about the relay.
struct RelayWords {
  std::string network{};
  std::string length = "15m";
  std::string comment{};
  std::size_t limit = 50;
  bool as_json = false;
};

/// Some of it is asked of logs, and of no daemon.
struct RelayCommands {
  CLI::App* all = nullptr;
  CLI::App* list = nullptr;
  CLI::App* add = nullptr;
  CLI::App* remove = nullptr;
  CLI::App* flush = nullptr;
  CLI::App* why = nullptr;
  CLI::App* history = nullptr;
  CLI::App* stats = nullptr;
  CLI::App* scan = nullptr;
  CLI::App* explain = nullptr;
  CLI::App* test = nullptr;
};

void add_reading_options(CLI::App& command, RelayArguments& arguments) {
  command.add_flag("--smtp-auth", arguments.smtp_auth, "logins to send mail count, too");
  command.add_flag("--acknowledge-untrusted-origin", arguments.believes_unknown_writers,
                   "a login counts though nobody knows who wrote it: there are no shell users");
  command.add_flag("--annotated", arguments.is_annotated, "each line says who wrote it, by contrib/rsyslog/");
  command.add_option("--sender", arguments.senders, "as whom mail servers log, instead of the default");
}

/// A line of the protocol is made of it.
std::string check_word(const std::string& word) {
  const bool is_word = word.find_first_of(" \t\r\n") == std::string::npos && !word.starts_with('-');
  return is_word ? std::string{} : "is not one word";
}

void add_relay_questions(RelayCommands& relay, RelayWords& words) {
  relay.list = relay.all->add_subcommand("list", "who may send, until when, and why");
  relay.add = relay.all->add_subcommand("add", "an address may send for a while");
  relay.add->add_option("--for", words.length, "how long: 15m, 2h, 366d at most")->capture_default_str();
  relay.add->add_option("--comment", words.comment, "why, in one line");
  relay.remove = relay.all->add_subcommand("remove", "an address may send no longer, until its next login");
  relay.why = relay.all->add_subcommand("why", "whether an address may send, and which line says so");
  relay.history = relay.all->add_subcommand("history", "who could send when, the newest first");
  relay.history->add_option("--limit", words.limit, "so many at most")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  for (auto* command : {relay.add, relay.remove, relay.why, relay.history}) {
    auto* network = command->add_option("address", words.network, "the address")->check(check_word);
    if (command != relay.history) network->required();
  }
  relay.flush = relay.all->add_subcommand("flush", "nobody may send until he logs in again");
  relay.stats = relay.all->add_subcommand("stats", "the logs, the maps and what came of the lines");
  for (auto* command :
       {relay.list, relay.add, relay.remove, relay.flush, relay.why, relay.history, relay.stats})
    command->add_flag("--json", words.as_json, "the whole document, for programs");
}

RelayCommands add_relay(CLI::App& app, RelayArguments& arguments, RelayWords& words) {
  RelayCommands relay;
  relay.all = app.add_subcommand("relay", "who has just fetched mail, and may send some");
  add_relay_questions(relay, words);
  relay.scan =
      relay.all->add_subcommand("scan", "what these logs would have authorised: line, address, user");
  relay.scan->add_option("log", arguments.logs, "a log of mail servers, - for standard input")->required();
  relay.scan->add_option("--patterns", arguments.patterns, "a file of patterns beside the built-in ones");
  relay.scan->add_option("--never", arguments.never, "networks that are not told, or none");
  add_reading_options(*relay.scan, arguments);
  relay.explain = relay.all->add_subcommand("explain", "which pattern a line of a log fits, or why none");
  relay.explain->add_option("line", arguments.line, "the whole line, - for those of standard input")
      ->required();
  relay.explain->add_option("--patterns", arguments.patterns, "a file of patterns beside the built-in ones");
  add_reading_options(*relay.explain, arguments);
  relay.test = relay.all->add_subcommand("test-pattern", "whether patterns are sound, and what they find");
  relay.test->add_option("patterns", arguments.patterns, "a file of patterns")->required();
  relay.test->add_option("log", arguments.logs, "logs to look at with them");
  relay.all->require_subcommand(1);
  return relay;
}

/// One line of the protocol; a comment is the rest of it.
std::string relay_question(const RelayCommands& relay, const RelayWords& words) {
  if (relay.stats->parsed()) return "status";
  if (relay.list->parsed()) return "relay list";
  if (relay.flush->parsed()) return "relay flush";
  if (relay.remove->parsed()) return "relay remove " + words.network;
  if (relay.why->parsed()) return "relay why " + words.network;
  if (relay.history->parsed())
    return "relay history " + words.network + " --limit " + std::to_string(words.limit);
  const auto question = "relay add " + words.network + " --for " + words.length;
  return words.comment.empty() ? question : question + " --comment " + words.comment;
}

Result<RelayReason> relay_words(const RelayCommands& relay, const std::string& answer) {
  if (relay.stats->parsed()) return relay_stats(answer);
  if (relay.why->parsed()) return relay_reason(answer);
  auto text = relay.list->parsed()      ? relay_list(answer)
              : relay.history->parsed() ? relay_history(answer)
                                        : relay_result(answer);
  if (!text) return text.error();
  return RelayReason{.status = CheckStatus::ok, .text = *std::move(text)};
}

int ask_relay(const std::string& socket, const RelayCommands& relay, const RelayWords& words) {
  const auto question = relay_question(relay, words);
  if (question.find_first_of("\r\n") != std::string::npos)
    return fail({Error::Kind::malformed, "a comment is one line"});
  const auto answer = ask_daemon(socket, question);
  if (!answer) return fail(answer.error());
  const auto said = relay_words(relay, *answer);
  if (!said) return fail(said.error());
  std::fputs(words.as_json ? answer->c_str() : said->text.c_str(), stdout);
  return exit_code(said->status);
}

int answer_relay(const RelayCommands& relay, const RelayArguments& arguments) {
  const LocalClock clock{.now = wall_now(), .offset_at = utc_offset};
  if (relay.scan->parsed()) return scan_logs(arguments, clock);
  if (relay.explain->parsed()) return explain_lines(arguments, clock);
  return test_patterns(arguments, clock);
}

int give_order(const std::string& socket, const CommandWords& words, bool as_json) {
  const auto question = command_question(words);
  if (!question) return fail(question.error());
  const auto answer = ask_daemon(socket, *question, result_patience);
  if (!answer) return fail(answer.error());
  const auto report = command_report(*answer);
  if (!report) return fail(report.error());
  std::fputs(as_json ? answer->c_str() : report->text.c_str(), stdout);
  return exit_code(report->status);
}

struct CommandHelp {
  const char* name;
  const char* what;
};
constexpr CommandHelp commands[] = {
    {"maintenance", "leave a service, a group or all of them alone for a while"},
    {"release", "end maintenance, and what was stopped by command is no longer meant to be"},
    {"restart", "restart a service or a group, and see that it is up again"},
    {"start", "start it, see that it is up, and keep it up from now on"},
    {"stop", "stop it, see that it is gone, and leave it stopped"},
    {"clear", "forget its pauses and deaths: what waits for its next attempt is tried now"},
};

/// The commands of `app`; which of them was given is in `words` after the parse.
void add_commands(CLI::App& app, CommandWords& words, bool& as_json) {
  for (const auto& [name, what] : commands) {
    auto* command = app.add_subcommand(name, what);
    command->add_option("target", words.target, "the name of a service or of a group, or all")->required();
    command->add_flag("--json", as_json, "the whole document, for programs");
    command->callback([&words, name = name] { words.command = name; });
    if (std::string_view(name) != "maintenance") continue;
    command->add_option("--for", words.length, "how long: 90s, 30m, 2h, 7d at most")->required();
    command->add_option("--reason", words.reason, "why, in one line")->required();
  }
}

}  // namespace

int main(int argc, char** argv) try {
  CLI::App app{"Asks the systemcheck daemon of this machine, and gives it orders.", "systemcheckctl"};
  std::string socket = "/run/systemcheck/control.sock";
  bool as_json = false;
  app.set_version_flag("--version", SYSTEMCHECK_VERSION);
  app.add_option("--socket", socket, "the daemon's control socket")->capture_default_str();
  auto* status = app.add_subcommand("status", "the machine and its services at a glance");
  status->add_flag("--json", as_json, "the whole document, for programs");
  HistoryArguments past;
  auto* history = app.add_subcommand("history", "what was done and what has changed, the newest first");
  history->add_option("service", past.service, "of this service alone")->check(check_word);
  history->add_option("--since", past.since, "no older than this: 90s, 2h, 7d");
  history->add_option("--limit", past.limit, "so many at most")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  history->add_flag("--json", as_json, "the whole document, for programs");
  std::string explained;
  auto* why = app.add_subcommand("explain", "why a service is as it is, and what is done about it");
  why->add_option("service", explained, "the name of the service")->required()->check(check_word);
  why->add_flag("--json", as_json, "the whole document, for programs");
  auto* menu = app.add_subcommand("menu", "all of this on a full screen, by numbers")->fallthrough();
  auto* shed = app.add_subcommand("shed", "services that are turned off when memory runs short");
  auto* plan =
      shed->add_subcommand("plan", "in which order, what each would give back, and what comes back when");
  plan->add_flag("--json", as_json, "the whole document, for programs");
  shed->require_subcommand(1);
  ReplayArguments again;
  auto* replay = add_replay(app, again);
  RelayArguments logs;
  RelayWords asked;
  const auto relay = add_relay(app, logs, asked);
  CommandWords words;
  add_commands(app, words, as_json);
  app.require_subcommand(1);
  app.fallthrough();
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& problem) {
    return app.exit(problem) == 0 ? 0 : exit_unknown;
  }
  if (!words.command.empty()) return give_order(socket, words, as_json);
  if (history->parsed()) return show_history(socket, past, as_json);
  if (replay->parsed()) return show_replay(again);
  const bool is_about_logs = relay.scan->parsed() || relay.explain->parsed() || relay.test->parsed();
  if (is_about_logs) return answer_relay(relay, logs);
  if (relay.all->parsed()) return ask_relay(socket, relay, asked);
  if (menu->parsed()) return show_menu(socket);
  if (plan->parsed()) return show_shed_plan(socket, as_json);
  if (why->parsed()) return explain(socket, explained, as_json);
  return show_status(socket, as_json);
} catch (const std::exception& error) {
  std::fprintf(stderr, "systemcheckctl: %s\n", error.what());
  return exit_unknown;
}
