#include "os/order_plan.h"

#include <array>
#include <optional>
#include <string_view>
#include <utility>

#include "base/text.h"

namespace systemcheck {
namespace {

using Steps = std::vector<Step>;

std::string_view in_words(Verb verb) {
  constexpr std::array<std::string_view, 6> words{"start",   "stop",           "reload",
                                                  "restart", "stop and start", "kill"};
  return words.at(static_cast<std::size_t>(verb));
}

RunJob job(const ServiceControl& service, std::string verb) {
  return {.unit = service.unit, .verb = std::move(verb)};
}

RunCommand script(const ServiceControl& service, std::string action) {
  return {.argv = {service.init_script, std::move(action)}};
}

/// What does it where the service has no command of its own for that.
Steps plan_by_manager(const ServiceControl& service, const std::string& job_verb, const std::string& action) {
  if (!service.unit.empty()) return {job(service, job_verb)};
  if (!service.init_script.empty()) return {script(service, action)};
  return {};
}

/// Where nothing else stops it, its processes are ended and seen to be gone. A unit that was started by a
/// command of its own may have processes that systemd does not know.
Steps plan_stop(const ServiceControl& service, const Order& order) {
  if (!service.stop.empty()) return {RunCommand{.argv = service.stop}};
  Steps steps;
  if (!order.is_unit_idle || service.unit.empty()) steps = plan_by_manager(service, "stop", "stop");
  const bool is_by_script = !steps.empty() && std::holds_alternative<RunCommand>(steps.back());
  if (!is_by_script && !order.leftovers.empty())
    steps.emplace_back(EndLeftovers{.processes = order.leftovers, .kill_after = order.kill_after});
  return steps;
}

Steps plan_start(const ServiceControl& service) {
  if (!service.start.empty()) return {RunCommand{.argv = service.start}};
  auto steps = plan_by_manager(service, "start", "start");
  // Restarting what is not there starts it, for every init script and apachectl.
  if (steps.empty() && !service.restart.empty()) steps = {RunCommand{.argv = service.restart}};
  return steps;
}

Steps plan_stop_and_start(const ServiceControl& service) {
  Steps steps;
  if (!service.stop.empty()) steps.emplace_back(RunCommand{.argv = service.stop, .may_fail = true});
  steps.emplace_back(RunCommand{.argv = service.start});
  return steps;
}

Steps plan_restart(const ServiceControl& service) {
  if (!service.restart.empty()) return {RunCommand{.argv = service.restart}};
  if (service.start.empty()) return plan_by_manager(service, "restart", "restart");
  return plan_stop_and_start(service);
}

/// systemd's and LSB's word for "reload if you can, else restart": reload-or-restart, force-reload.
Steps plan_reload(const ServiceControl& service) {
  if (!service.reload.empty()) return {RunCommand{.argv = service.reload}};
  const bool has_commands = !service.restart.empty() || !service.start.empty();
  if (has_commands) return plan_restart(service);
  return plan_by_manager(service, "reload-or-restart", "force-reload");
}

/// systemd's own restart is as thorough: it sees the control group empty in between.
Steps plan_thorough_restart(const ServiceControl& service) {
  if (!service.start.empty()) return plan_stop_and_start(service);
  if (!service.restart.empty()) return {RunCommand{.argv = service.restart}};
  if (!service.unit.empty()) return {job(service, "restart")};
  if (service.init_script.empty()) return {};
  auto stop = script(service, "stop");
  stop.may_fail = true;
  return {std::move(stop), script(service, "start")};
}

/// Whatever was started by hand has its processes named; a unit's control group knows the others, too.
Steps plan_kill(const ServiceControl& service, const Order& order) {
  Steps steps;
  if (!service.unit.empty() && !order.is_unit_idle) steps.emplace_back(KillUnit{.unit = service.unit});
  if (!order.leftovers.empty())
    steps.emplace_back(EndLeftovers{.processes = order.leftovers, .kill_after = Duration::zero()});
  return steps;
}

Steps plan_verb(const ServiceControl& service, const Order& order) {
  switch (order.verb) {
    case Verb::start:
      return plan_start(service);
    case Verb::stop:
      return plan_stop(service, order);
    case Verb::reload:
      return plan_reload(service);
    case Verb::restart:
      return plan_restart(service);
    case Verb::stop_start:
      return plan_thorough_restart(service);
    case Verb::kill:
      return plan_kill(service, order);
  }
  return {};
}

/// What stands in the way of a new instance goes right before a command that starts it, and before all that
/// systemd does: a job stops only what is in the unit's control group, and a socket needs its port. A unit
/// that does not run is started by a reload, too; a command reloads what is there.
void insert_before_start(const Order& order, Steps& steps) {
  const bool is_by_command = std::holds_alternative<RunCommand>(steps.back());
  const bool is_kept = order.verb == Verb::reload && is_by_command;
  if (is_kept || order.verb == Verb::stop || order.verb == Verb::kill) return;
  auto place = is_by_command ? steps.end() - 1 : steps.begin();
  if (order.dead_main) place = steps.insert(place, SeeReaped{.process = *order.dead_main});
  if (!order.leftovers.empty())
    steps.insert(place, EndLeftovers{.processes = order.leftovers, .kill_after = order.kill_after});
}

/// What a maintainer script would ask: "apache2.service" of a unit, "apache2" of an init script. A command
/// goes by the service's name.
std::string policy_subject(const ServiceControl& service, const Step& last) {
  if (std::holds_alternative<RunJob>(last)) return service.unit;
  const bool is_script = std::get<RunCommand>(last).argv.front() == service.init_script;
  return is_script ? std::string(base_name(service.init_script)) : service.name;
}

void insert_questions(const ServiceControl& service, const Order& order, Steps& steps) {
  if (order.verb == Verb::stop || order.verb == Verb::kill) return;
  const AskPolicy question{.subject = policy_subject(service, steps.back()),
                           .action = order.verb == Verb::start ? "start" : "restart"};
  const bool is_checked = order.still_runs && !service.pre_checks.empty();
  if (is_checked) steps.insert(steps.begin(), CheckConfiguration{.candidates = service.pre_checks});
  if (order.asks_policy) steps.insert(steps.begin(), question);
}

/// Sockets are started first: a timer may start the service at once, and beside that no socket is.
void insert_triggers(const Order& order, Steps& steps) {
  const std::string verb = order.verb == Verb::stop ? "stop" : "start";
  if (order.verb != Verb::stop && order.verb != Verb::start) return;
  const auto insert = [&](bool are_sockets) {
    for (const auto& trigger : order.triggers)
      if (trigger.ends_with(".socket") == are_sockets)
        steps.insert(steps.begin(), RunJob{.unit = trigger, .verb = verb, .may_fail = true});
  };
  insert(false);
  insert(true);
}

std::string words_of(const Argv& argv) {
  std::string text;
  for (const auto& word : argv)
    text += " " + printable(word);
  return text;
}

std::string describe(const RunCommand& it) { return "run" + words_of(it.argv); }

std::string describe(const RunJob& it) { return it.verb + " " + it.unit; }

std::string describe(const KillUnit& it) { return "kill " + it.unit; }

std::string describe(const EndLeftovers& it) {
  const auto count = it.processes.size();
  return "end " + std::to_string(count) + " leftover process" + (count == 1 ? "" : "es");
}

std::string describe(const SeeReaped& it) {
  return "see process " + std::to_string(it.process.pid) + " reaped";
}

std::string describe(const CheckConfiguration& it) {
  std::string text;
  for (const auto& candidate : it.candidates)
    text += (text.empty() ? "check with" : " or") + words_of(candidate);
  return text;
}

/// Asking does nothing, and whether there is anybody to ask is seen only then.
std::string describe(const AskPolicy&) { return {}; }

}  // namespace

Result<Steps> plan_order(const ServiceControl& service, const Order& order) {
  auto steps = plan_verb(service, order);
  if (steps.empty()) {
    return Error{Error::Kind::refused,
                 service.name + ": no command and no unit to " + std::string(in_words(order.verb)) + " it"};
  }
  insert_triggers(order, steps);
  insert_before_start(order, steps);
  insert_questions(service, order, steps);
  return steps;
}

std::string describe_steps(const Steps& steps) {
  std::string text;
  for (const auto& step : steps) {
    const auto words = std::visit([](const auto& it) { return describe(it); }, step);
    text += (text.empty() || words.empty() ? "" : ", ") + words;
  }
  return text;
}

}  // namespace systemcheck
