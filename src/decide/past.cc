#include "decide/past.h"

#include <tuple>

namespace systemcheck {
namespace {

auto key_of(const UnitStatus& unit) {
  return std::tuple(std::string_view(unit.load_state), std::string_view(unit.active_state),
                    std::string_view(unit.sub_state), std::string_view(unit.unit_file_state),
                    std::string_view(unit.result), unit.main_pid != 0, unit.active_enter_us != 0,
                    unit.stop_job_seen);
}

auto key_of(const Claim& claim) { return std::tuple(claim.owner, claim.until); }

auto key_of(const PortStranger& it) { return std::tuple(it.port, it.pid); }

auto key_of(const MainEnd& it) { return std::tuple(it.end.signal, it.end.exit_code); }

auto key_of(const GoneEvidence& evidence) {
  return std::tuple(evidence.finding.presence, evidence.is_stale, evidence.main_died, evidence.manager,
                    evidence.has_unit, evidence.was_turned_off, evidence.is_outside, evidence.is_stop_older,
                    std::string_view(evidence.unit_file_state_when_up), evidence.upgrade.has_value());
}

template <typename Thing>
bool is_same(const std::optional<Thing>& one, const std::optional<Thing>& other) {
  if (!one || !other) return one.has_value() == other.has_value();
  return key_of(*one) == key_of(*other);
}

}  // namespace

bool is_same_for_decision(const RestartSituation& one, const RestartSituation& other) {
  const auto key = [](const RestartSituation& it) {
    return std::tuple(it.has_way, it.health.kind, it.is_machine_busy, it.kill_switch.empty(),
                      it.under_way.empty(), it.main);
  };
  return key(one) == key(other) && key_of(one.evidence) == key_of(other.evidence) &&
         is_same(one.evidence.unit, other.evidence.unit) && is_same(one.evidence.end, other.evidence.end) &&
         is_same(one.claim, other.claim) && is_same(one.port_stranger, other.port_stranger);
}

}  // namespace systemcheck
