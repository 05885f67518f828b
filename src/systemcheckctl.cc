#include <CLI/CLI.hpp>
#include <cstdio>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/text.h"
#include "ctl/session.h"
#include "menu/run_menu.h"
#include "offline/relay_command.h"
#include "offline/replay_command.h"
#include "os/clock.h"
#include "os/local_time.h"

namespace {

using namespace systemcheck;

int show_menu(const Session& session) {
  const auto farewell = run_menu(session.socket);
  if (!farewell) return fail(farewell.error());
  std::fputs(farewell->c_str(), stdout);
  return 0;
}

void add_menu(CLI::App& app, Session& session) {
  auto* menu = app.add_subcommand("menu", "all of this on a full screen, by numbers");
  menu->callback([&session] { session.run = [&session] { return show_menu(session); }; });
}

int show_replay(const ReplayArguments& arguments) {
  const auto answer = answer_replay(arguments, wall_now());
  std::fputs(answer.output.c_str(), stdout);
  std::fputs(answer.complaints.c_str(), stderr);
  return answer.exit_code;
}

void add_replay(CLI::App& app, Session& session) {
  const auto arguments = std::make_shared<ReplayArguments>();
  auto* replay = app.add_subcommand("replay", "decide upon the history again, with another configuration");
  replay->add_option("service", arguments->services, "tell of these services alone");
  replay->add_option("--config", arguments->config, "the other configuration, instead of the installed one");
  auto* directory = replay->add_option("--state-directory", arguments->state_directory,
                                       "where state.db is, instead of the configured one");
  replay->add_option("--database", arguments->database, "this file, which may be a copy")
      ->excludes(directory);
  replay->add_option("--since", arguments->since, "tell of nothing older than this: 90s, 2h, 7d");
  replay->add_flag("--differences", arguments->only_differences, "tell only of what is different");
  replay->add_flag("--json", arguments->as_json, "the whole document, for programs");
  replay->callback([&session, arguments] { session.run = [arguments] { return show_replay(*arguments); }; });
}

void add_reading_options(CLI::App& command, RelayArguments& arguments) {
  command.add_flag("--smtp-auth", arguments.smtp_auth, "logins to send mail count, too");
  command.add_flag("--acknowledge-untrusted-origin", arguments.believes_unknown_writers,
                   "a login counts though nobody knows who wrote it: there are no shell users");
  command.add_flag("--annotated", arguments.is_annotated, "each line says who wrote it, by contrib/rsyslog/");
  command.add_option("--sender", arguments.senders, "as whom mail servers log, instead of the default");
}

using AnswerLogs = int (*)(const RelayArguments&, const LocalClock&);

std::function<int()> with_clock(std::shared_ptr<const RelayArguments> arguments, AnswerLogs answer) {
  return [arguments = std::move(arguments), answer] {
    return answer(*arguments, LocalClock{.now = wall_now(), .offset_at = utc_offset});
  };
}

/// What is asked of logs, and of no daemon.
void add_relay_logs(CLI::App& relay, Session& session) {
  const auto arguments = std::make_shared<RelayArguments>();
  const auto runs = [&session, arguments](AnswerLogs answer) {
    return [&session, arguments, answer] { session.run = with_clock(arguments, answer); };
  };
  auto* scan = relay.add_subcommand("scan", "what these logs would have authorised: line, address, user");
  scan->add_option("log", arguments->logs, "a log of mail servers, - for standard input")->required();
  scan->add_option("--patterns", arguments->patterns, "a file of patterns beside the built-in ones");
  scan->add_option("--never", arguments->never, "networks that are not told, or none");
  add_reading_options(*scan, *arguments);
  scan->callback(runs(scan_logs));
  auto* explain = relay.add_subcommand("explain", "which pattern a line of a log fits, or why none");
  explain->add_option("line", arguments->line, "the whole line, - for those of standard input")->required();
  explain->add_option("--patterns", arguments->patterns, "a file of patterns beside the built-in ones");
  add_reading_options(*explain, *arguments);
  explain->callback(runs(explain_lines));
  auto* test = relay.add_subcommand("test-pattern", "whether patterns are sound, and what they find");
  test->add_option("patterns", arguments->patterns, "a file of patterns")->required();
  test->add_option("log", arguments->logs, "logs to look at with them");
  test->callback(runs(test_patterns));
}

/// Where a command is missing, a word that is none is what is wrong.
int complain(const CLI::App& app, const CLI::ParseError& problem) {
  const auto* where = &app;
  while (!where->get_subcommands().empty())
    where = where->get_subcommands().front();
  std::vector<std::string> names;
  for (const auto* command : where->get_subcommands(nullptr))
    names.push_back(command->get_name());
  const auto said = app.remaining(true);
  if (names.empty() || said.empty() || said.front().starts_with('-'))
    return app.exit(problem) == 0 ? 0 : exit_unknown;
  const std::vector<std::string_view> commands(names.begin(), names.end());
  const auto meant = nearest(said.front(), commands);
  const auto hint = meant ? "; did you mean " + std::string(*meant) + "?" : "; --help lists them";
  std::fprintf(stderr, "systemcheckctl: there is no command '%s'%s\n", printable(said.front()).c_str(),
               hint.c_str());
  return exit_unknown;
}

}  // namespace

int main(int argc, char** argv) try {
  CLI::App app{"Asks the systemcheck daemon of this machine, and gives it orders.", "systemcheckctl"};
  Session session;
  app.set_version_flag("--version", SYSTEMCHECK_VERSION);
  app.add_option("--socket", session.socket, "the daemon's control socket")->capture_default_str();
  app.add_option("--color", session.colours, "states in colours: auto, always or never")
      ->check(CLI::IsMember({"auto", "always", "never"}))
      ->capture_default_str();
  app.fallthrough();  // Inherited by the commands: these options may stand behind them, too.
  add_questions(app, session);
  add_processes(app, session);
  add_top(app, session);
  add_menu(app, session);
  add_daemon_orders(app, session);
  add_shedding(app, session);
  add_replay(app, session);
  add_relay_logs(*add_relay_questions(app, session), session);
  add_orders(app, session);
  add_completions(app, session);
  app.require_subcommand(1);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& problem) {
    return complain(app, problem);
  }
  return session.run();
} catch (const std::exception& error) {
  std::fprintf(stderr, "systemcheckctl: %s\n", error.what());
  return systemcheck::exit_unknown;
}
