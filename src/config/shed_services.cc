#include "config/shed_services.h"

#include <algorithm>

#include "config/protected_units.h"
#include "config/values.h"

namespace systemcheck {
namespace {

constexpr std::uint32_t priority_max = 1000;

/// "its unit ssh.service is protected", or nothing.
std::string find_protection(const Service& service, const MemoryRules& rules) {
  if (is_protected_preset(service.preset)) return "preset " + service.preset + " is protected";
  for (const auto& unit : service.match.units) {
    if (is_protected_unit(unit)) return "unit " + unit + " is protected";
    if (std::ranges::find(rules.protect, unit) != rules.protect.end())
      return "unit " + unit + " is protected by memory.shed.protect";
  }
  for (const auto& program : service.match.executables) {
    if (is_protected_program(program)) return "program " + program + " is protected";
  }
  return {};
}

/// What is stopped by command is started by command; all else is the unit's matter, or the init script's.
bool can_be_stopped_and_started(const Service& service) {
  if (!service.match.units.empty() || !service.init_scripts.empty()) return true;
  return !service.stop.empty() && !(service.start.empty() && service.restart.empty());
}

}  // namespace

void read_shed_priority(Section& section, Service& service) {
  if (section.find("shed") == nullptr) return;
  auto shed = section.section("shed");
  std::uint32_t priority = 0;
  shed.read("priority", priority, CountWithin{0, priority_max});
  if (shed.is_sound() && shed.find("priority") == nullptr)
    shed.refuse_among({}, "needs a priority: the lowest number is turned off first");
  shed.refuse_unknown_keys();
  if (shed.is_sound()) service.shed_priority = priority;
}

void check_shed_services(Section services, const Config& config) {
  for (const auto& service : config.services) {
    if (!service.shed_priority || service.is_discovered) continue;
    auto section = services.section(service.name);
    const auto* shed = section.find("shed");
    if (shed == nullptr) continue;
    const auto protection = find_protection(service, config.memory);
    if (!protection.empty()) {
      section.refuse(*shed, "shed", protection + ": nothing turns it off");
    } else if (!can_be_stopped_and_started(service)) {
      section.refuse(*shed, "shed",
                     "no way to stop it and to start it again: add match.unit, or stop and start");
    }
  }
}

}  // namespace systemcheck
