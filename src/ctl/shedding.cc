#include <memory>

#include "ctl/client.h"
#include "ctl/command_text.h"
#include "ctl/session.h"
#include "ctl/shed_text.h"

namespace systemcheck {
namespace {

int show_shedding(const Session& session, bool is_plan) {
  const auto answer = ask_daemon(session.socket, "status");
  if (!answer) return fail(answer.error());
  const auto text = is_plan ? shed_plan(*answer) : shed_status(*answer);
  if (!text) return fail(text.error());
  return show(session, *answer, text->text, text->status);
}

struct RestoreArguments {
  std::string service{};
  bool is_forced = false;
};

int restore(const Session& session, const RestoreArguments& arguments) {
  auto question = "shed restore " + arguments.service + (arguments.is_forced ? " --force" : "");
  if (!session.as_json) question += " --progress";
  return carry_out(session, "shed restore", question);
}

int change_mode(const Session& session, const std::string& mode) {
  const auto answer = ask_daemon(session.socket, "shed mode " + mode);
  if (!answer) return fail(answer.error());
  const auto text = shed_mode_words(*answer);
  if (!text) return fail(text.error());
  return show(session, *answer, *text, CheckStatus::ok);
}

void add_restore(CLI::App& shed, Session& session) {
  const auto arguments = std::make_shared<RestoreArguments>();
  auto* command = shed.add_subcommand("restore", "start what is off now, if memory allows it");
  command->add_option("service", arguments->service, "this one alone")->check(check_word);
  command->add_flag("--force", arguments->is_forced, "whatever memory says");
  add_json(*command, session);
  command->callback([&session, arguments] {
    session.run = [&session, arguments] { return restore(session, *arguments); };
  });
}

void add_mode(CLI::App& shed, Session& session) {
  const auto mode = std::make_shared<std::string>();
  auto* command =
      shed.add_subcommand("mode", "turn it down until the configuration is read anew, and up again");
  command->add_option("mode", *mode, "no further than the configuration goes")
      ->required()
      ->check(CLI::IsMember({"disabled", "observe", "act"}));
  add_json(*command, session);
  command->callback(
      [&session, mode] { session.run = [&session, mode] { return change_mode(session, *mode); }; });
}

}  // namespace

void add_shedding(CLI::App& app, Session& session) {
  auto* shed = app.add_subcommand("shed", "services that are turned off when memory runs short");
  auto* status = shed->add_subcommand("status", "how short memory is, what is off, and when it comes back");
  auto* plan =
      shed->add_subcommand("plan", "in which order, what each would give back, and what comes back when");
  for (auto* command : {status, plan})
    add_json(*command, session);
  status->callback([&session] { session.run = [&session] { return show_shedding(session, false); }; });
  plan->callback([&session] { session.run = [&session] { return show_shedding(session, true); }; });
  add_restore(*shed, session);
  add_mode(*shed, session);
  shed->require_subcommand(1);
}

}  // namespace systemcheck
