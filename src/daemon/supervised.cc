#include "daemon/supervised.h"

#include <algorithm>

namespace systemcheck {
namespace {

bool has_own_command(const Service& rules) { return !rules.start.empty() || !rules.restart.empty(); }

std::string manager_words(const Service& rules, const ServiceProcesses& sight, const std::string& unit) {
  if (is_started_by_hand(rules, sight.init_script)) return "command";
  return unit.empty() ? "none" : "systemd";
}

/// Of systemd's word for how a unit ended, systemd.exec(5): $SERVICE_RESULT.
DeathCause death_cause(std::string_view result) {
  if (result == "signal" || result == "core-dump" || result == "watchdog") return DeathCause::signal;
  return result == "exit-code" || result == "success" ? DeathCause::exit : DeathCause::unknown;
}

}  // namespace

std::string unit_of(const Service& rules, const ServiceProcesses& sight) {
  if (!sight.unit.empty()) return sight.unit;
  const bool is_named_by_user = rules.match.units.size() == 1 && !rules.is_discovered;
  return is_named_by_user ? rules.match.units.front() : std::string{};
}

bool runs_outside(const ServiceProcesses& sight) {
  return sight.main && std::ranges::find(sight.outside, *sight.main) != sight.outside.end();
}

bool is_started_by_hand(const Service& rules, const std::string& init_script) {
  return has_own_command(rules) || !init_script.empty();
}

ServiceControl control_of(const Service& rules, const std::string& unit, const std::string& init_script) {
  return {
      .name = rules.name,
      .unit = init_script.empty() ? unit : std::string(),  // Known from its file; nobody is there to run it.
      .start = rules.start,
      .stop = rules.stop,
      .restart = rules.restart,
      .reload = rules.reload,
      .pre_checks = rules.pre_check,
      .init_script = init_script};
}

std::optional<std::string> upgrade_by_policy(const std::optional<PolicyHold>& policy, Instant now) {
  if (!policy || now >= policy->until || now - policy->since >= upgrade_hold_max) return std::nullopt;
  return policy->reason;
}

void note_ports(std::vector<std::uint16_t>& own, const PortSight& sight) {
  for (const auto port : sight.own) {
    if (std::ranges::find(own, port) == own.end()) own.push_back(port);
  }
}

void count_misfit(ServiceRow& row, std::optional<PidFileMisfit>& last,
                  const std::optional<PidFileMisfit>& now) {
  if (now && now != last) ++row.misfits_total.at(static_cast<std::size_t>(now->kind));
  last = now;
}

void update_row_facts(ServiceRow& row, const Service& rules, const ServiceProcesses& sight) {
  row.unit = unit_of(rules, sight);
  row.manager = manager_words(rules, sight, row.unit);
  row.user = sight.user;
  row.is_readable = !sight.unreadable;
  row.processes = static_cast<std::uint32_t>(sight.members.size());
  row.main = sight.main;
  row.is_binary_stale = sight.is_binary_stale;
  row.threads = sight.threads;
  row.resident_bytes = sight.resident_bytes;
  row.swap_bytes = sight.swap_bytes;
  row.oldest_start = sight.oldest_start;
}

DeathCause death_cause(const std::optional<UnitStatus>& unit, const std::optional<MainEnd>& end) {
  const bool is_told_by_unit = unit && unit->load_state == "loaded";
  if (is_told_by_unit && unit->result == "oom-kill") return DeathCause::oom;
  if (end) {
    if (end->is_probably_oom) return DeathCause::oom;
    return end->end.signal == 0 ? DeathCause::exit : DeathCause::signal;
  }
  return is_told_by_unit ? death_cause(unit->result) : DeathCause::unknown;
}

}  // namespace systemcheck
