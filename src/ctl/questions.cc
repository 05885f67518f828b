#include <memory>

#include "base/json_text.h"
#include "ctl/answer.h"
#include "ctl/client.h"
#include "ctl/history_text.h"
#include "ctl/session.h"
#include "ctl/status_table.h"
#include "os/clock.h"

namespace systemcheck {
namespace {

int show_status(const Session& session) {
  const auto answer = ask_daemon(session.socket, "status");
  if (!answer) return fail(answer.error());
  const auto table = status_table(*answer, session.style(), wall_now());
  if (!table) return fail(table.error());
  return show(session, *answer, table->text, table->status);
}

struct ServicesArguments {
  std::string target{};
  bool only_names = false;
};

int show_services(const Session& session, const ServicesArguments& arguments) {
  const auto answer = ask_daemon(session.socket, "status");
  if (!answer) return fail(answer.error());
  const auto status = parse_answer(*answer);
  if (!status) return fail(status.error());
  if (arguments.only_names) return show(session, {}, service_names(*status), CheckStatus::ok);
  const auto services = services_meant(*status, arguments.target);
  if (!services) return fail(services.error());
  const auto table = services_table(*services, session.style(), wall_now());
  if (!table) return fail(table.error());
  const Json document{{"schema", 1}, {"status", word(table->status)}, {"services", *services}};
  return show(session, json_document(document), table->text, table->status);
}

struct HistoryArguments {
  std::string service{};
  std::string since{};
  std::size_t limit = 50;
};

int show_history(const Session& session, const HistoryArguments& arguments) {
  auto question = "history " + arguments.service + " --limit " + std::to_string(arguments.limit);
  if (!arguments.since.empty()) {
    const auto since = parse_duration(arguments.since);
    if (!since) return fail(since.error());
    question += " --since " + std::to_string(std::chrono::ceil<std::chrono::seconds>(*since).count());
  }
  const auto answer = ask_daemon(session.socket, question);
  if (!answer) return fail(answer.error());
  const auto text = history_text(*answer, arguments.limit);
  if (!text) return fail(text.error());
  return show(session, *answer, *text, CheckStatus::ok);
}

int explain(const Session& session, const std::string& service) {
  const auto answer = ask_daemon(session.socket, "explain " + service);
  if (!answer) return fail(answer.error());
  const auto text = explanation(*answer, session.style());
  if (!text) return fail(text.error());
  return show(session, *answer, text->text, text->status);
}

void add_services(CLI::App& app, Session& session) {
  const auto arguments = std::make_shared<ServicesArguments>();
  auto* services = app.add_subcommand("services", "the services, or one of them, or those of a group");
  services->add_option("target", arguments->target, "the name of a service or of a group")->check(check_word);
  // For completions: not told in the help.
  services->add_flag("--names", arguments->only_names, "only what may be named, a line each")->group("");
  add_json(*services, session);
  services->callback([&session, arguments] {
    session.run = [&session, arguments] { return show_services(session, *arguments); };
  });
}

void add_history(CLI::App& app, Session& session) {
  const auto past = std::make_shared<HistoryArguments>();
  auto* history = app.add_subcommand("history", "what was done and what has changed, the newest first");
  history->add_option("service", past->service, "of this service alone")->check(check_word);
  history->add_option("--since", past->since, "no older than this: 90s, 2h, 7d");
  history->add_option("--limit", past->limit, "so many at most")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  add_json(*history, session);
  history->callback(
      [&session, past] { session.run = [&session, past] { return show_history(session, *past); }; });
}

}  // namespace

void add_questions(CLI::App& app, Session& session) {
  auto* status = app.add_subcommand("status", "the machine and its services at a glance");
  add_json(*status, session);
  status->callback([&session] { session.run = [&session] { return show_status(session); }; });
  add_services(app, session);
  add_history(app, session);
  const auto explained = std::make_shared<std::string>();
  auto* why = app.add_subcommand("explain", "why a service is as it is, and what is done about it");
  why->add_option("service", *explained, "the name of the service")->required()->check(check_word);
  add_json(*why, session);
  why->callback([&session, explained] {
    session.run = [&session, explained] { return explain(session, *explained); };
  });
}

}  // namespace systemcheck
