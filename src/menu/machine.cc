#include "menu/machine.h"

#include <algorithm>

#include "ctl/answer.h"

namespace systemcheck {
namespace {

CheckStatus status_of(const Json& json) {
  return from_word<CheckStatus>(text_of(json, "status")).value_or(CheckStatus::unknown);
}

SeenService parse_service(const Json& json) {
  SeenService service{.name = text_of(json, "name"),
                      .state = text_of(json, "state"),
                      .mode = text_of(json, "mode"),
                      .reason = text_of(json, "reason"),
                      .status = status_of(json)};
  constexpr double pid_max = 1e9;
  service.pid = static_cast<std::uint64_t>(std::clamp(number_of(json, "main_pid"), 0.0, pid_max));
  for (const auto& hold : list_of(json, "holds"))
    service.holds += (service.holds.empty() ? "" : "; ") + hold_words(hold);
  return service;
}

SeenGroup parse_group(const Json& json) {
  SeenGroup group{.name = text_of(json, "name")};
  for (const auto& member : list_of(json, "services")) {
    const Json named{{"name", member}};
    group.services.push_back(text_of(named, "name"));
  }
  return group;
}

}  // namespace

Result<Machine> parse_machine(std::string_view document) {
  const auto json = parse_answer(document);
  if (!json) return json.error();
  Machine machine{.mode = text_of(*json, "mode"),
                  .status_text = text_of(*json, "status_text"),
                  .status = status_of(*json)};
  for (const auto& service : list_of(*json, "services"))
    machine.services.push_back(parse_service(service));
  for (const auto& group : list_of(*json, "groups"))
    machine.groups.push_back(parse_group(group));
  return machine;
}

const SeenService* service_called(const Machine& machine, std::string_view name) {
  const auto found = std::ranges::find(machine.services, name, &SeenService::name);
  return found == machine.services.end() ? nullptr : &*found;
}

const SeenGroup* group_called(const Machine& machine, std::string_view name) {
  const auto found = std::ranges::find(machine.groups, name, &SeenGroup::name);
  return found == machine.groups.end() ? nullptr : &*found;
}

std::vector<std::string> services_meant(const Machine& machine, std::string_view name) {
  if (const auto* group = group_called(machine, name)) return group->services;
  std::vector<std::string> names;
  for (const auto& service : machine.services) {
    if (name == "all" || service.name == name) names.push_back(service.name);
  }
  return names;
}

}  // namespace systemcheck
