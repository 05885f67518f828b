#include "os/order_plan.h"

#include <string_view>

#include "base/text.h"

namespace systemcheck {
namespace {

using Steps = std::vector<Step>;

std::string_view in_words(Verb verb) {
  switch (verb) {
    case Verb::start:
      return "start";
    case Verb::stop:
      return "stop";
    case Verb::restart:
      return "restart";
  }
  return "restart";
}

Steps plan_stop(const ServiceControl& service) {
  if (!service.stop.empty()) return {RunCommand{.argv = service.stop}};
  if (!service.unit.empty()) return {RunJob{.unit = service.unit, .verb = "stop"}};
  return {};
}

Steps plan_start(const ServiceControl& service) {
  if (!service.start.empty()) return {RunCommand{.argv = service.start}};
  if (!service.unit.empty()) return {RunJob{.unit = service.unit, .verb = "start"}};
  // Restarting what is not there starts it, for every init script and apachectl.
  if (!service.restart.empty()) return {RunCommand{.argv = service.restart}};
  return {};
}

Steps plan_restart(const ServiceControl& service) {
  if (!service.restart.empty()) return {RunCommand{.argv = service.restart}};
  if (service.start.empty()) {
    if (service.unit.empty()) return {};
    return {RunJob{.unit = service.unit, .verb = "restart"}};
  }
  Steps steps;
  if (!service.stop.empty()) steps.emplace_back(RunCommand{.argv = service.stop, .may_fail = true});
  steps.emplace_back(RunCommand{.argv = service.start});
  return steps;
}

Steps plan_verb(const ServiceControl& service, Verb verb) {
  switch (verb) {
    case Verb::start:
      return plan_start(service);
    case Verb::stop:
      return plan_stop(service);
    case Verb::restart:
      return plan_restart(service);
  }
  return {};
}

std::string describe(const RunCommand& it) {
  std::string text = "run";
  for (const auto& word : it.argv)
    text += " " + printable(word);
  return text;
}

std::string describe(const RunJob& it) { return it.verb + " " + it.unit; }

std::string describe(const EndLeftovers& it) {
  const auto count = it.processes.size();
  return "end " + std::to_string(count) + " leftover process" + (count == 1 ? "" : "es");
}

std::string describe(const SeeReaped& it) {
  return "see process " + std::to_string(it.process.pid) + " reaped";
}

}  // namespace

Result<Steps> plan_order(const ServiceControl& service, const Order& order) {
  auto steps = plan_verb(service, order.verb);
  if (steps.empty()) {
    return Error{Error::Kind::refused,
                 service.name + ": no command and no unit to " + std::string(in_words(order.verb)) + " it"};
  }
  // A job leaves a unit's processes to systemd, which knows its control group; a command does not.
  const bool is_by_hand = std::holds_alternative<RunCommand>(steps.back());
  if (!is_by_hand || order.verb == Verb::stop) return steps;
  if (!order.leftovers.empty()) steps.insert(steps.end() - 1, EndLeftovers{.processes = order.leftovers});
  if (order.dead_main) steps.insert(steps.end() - 1, SeeReaped{.process = *order.dead_main});
  return steps;
}

std::string describe_steps(const Steps& steps) {
  std::string text;
  for (const auto& step : steps) {
    text += text.empty() ? "" : ", ";
    text += std::visit([](const auto& it) { return describe(it); }, step);
  }
  return text;
}

}  // namespace systemcheck
