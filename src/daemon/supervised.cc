#include "daemon/supervised.h"

namespace systemcheck {
namespace {

std::string manager_words(const Service& rules, const std::string& unit) {
  if (!rules.start.empty() || !rules.restart.empty()) return "command";
  return unit.empty() ? "none" : "systemd";
}

}  // namespace

std::string unit_of(const Service& rules, const ServiceProcesses& sight) {
  if (!sight.unit.empty()) return sight.unit;
  const bool is_named_by_user = rules.match.units.size() == 1 && !rules.is_discovered;
  return is_named_by_user ? rules.match.units.front() : std::string{};
}

void update_row_facts(ServiceRow& row, const Service& rules, const ServiceProcesses& sight) {
  row.unit = unit_of(rules, sight);
  row.manager = manager_words(rules, row.unit);
  row.user = sight.user;
  row.is_readable = !sight.unreadable;
  row.processes = static_cast<std::uint32_t>(sight.members.size());
  row.main = sight.main;
  row.threads = sight.threads;
  row.resident_bytes = sight.resident_bytes;
  row.swap_bytes = sight.swap_bytes;
  row.oldest_start = sight.oldest_start;
}

DeathCause death_cause(const std::optional<UnitStatus>& unit) {
  if (!unit || unit->load_state != "loaded") return DeathCause::unknown;
  const auto& result = unit->result;
  if (result == "signal" || result == "core-dump" || result == "oom-kill" || result == "watchdog") {
    return DeathCause::signal;
  }
  return result == "exit-code" || result == "success" ? DeathCause::exit : DeathCause::unknown;
}

CheckStatus severity_of(ServiceState state) {
  switch (state) {
    case ServiceState::unknown:
      return CheckStatus::unknown;
    case ServiceState::up:
    case ServiceState::held:
    case ServiceState::absent:
      return CheckStatus::ok;
    case ServiceState::degraded:
    case ServiceState::overloaded:
    case ServiceState::suspect:
    case ServiceState::restarting:
      return CheckStatus::warning;
    case ServiceState::down:
    case ServiceState::waiting:
    case ServiceState::flapping:
      break;
  }
  return CheckStatus::critical;
}

}  // namespace systemcheck
