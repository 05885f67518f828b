#include "decide/cause.h"

#include <utility>

namespace systemcheck {
namespace {

using Kind = Cause::Kind;

bool has_been_up(const GoneEvidence& evidence) { return evidence.was_up || evidence.was_turned_off; }

bool is_manual(const std::string& unit_file_state) {
  return unit_file_state.starts_with("disabled") || unit_file_state.starts_with("masked");
}

/// systemd does not start it at boot by itself. That it was never up since then may even be forgotten: of a
/// unit that nothing refers to systemd keeps nothing once it is stopped.
bool is_started_on_demand(const std::string& unit_file_state) {
  return unit_file_state.starts_with("static") || unit_file_state.starts_with("linked");
}

/// The kernel's word counts where there is one: a failure is proven, and what ended cleanly may have been
/// asked to by somebody who is about to start it again.
Cause decide_death(const GoneEvidence& evidence, std::string reason) {
  if (!evidence.end) return {Kind::crash_if_confirmed, std::move(reason)};
  const auto& [end, is_probably_oom] = *evidence.end;
  auto words = "its main process ended with " + describe(end);
  if (is_clean(end)) return {Kind::ended, words + ", and nobody is known to have asked for it"};
  if (is_probably_oom) words += ", probably for want of memory";
  return {Kind::crash, std::move(words)};
}

Cause decide_without_unit(const GoneEvidence& evidence) {
  if (evidence.is_stale) return {Kind::unknown, "the reading is too old"};
  switch (evidence.finding.presence) {
    case Presence::unknown:
      return {Kind::unknown, evidence.finding.reason};
    case Presence::absent:
      return {Kind::absent, evidence.finding.reason};
    case Presence::gone:
      break;
    case Presence::present:
    case Presence::out_of_count:
    case Presence::stale_pid_file:
      if (!evidence.main_died) return {Kind::alive, evidence.finding.reason};
      return decide_death(evidence, "its main process has just ended");
  }
  if (has_been_up(evidence)) return decide_death(evidence, evidence.finding.reason);
  return {Kind::never_started, evidence.finding.reason};
}

bool has_main(Presence presence) {
  return presence == Presence::present || presence == Presence::out_of_count ||
         presence == Presence::stale_pid_file;
}

/// The unit claims to be active: then only a dead main process speaks against it. Without a main
/// process of its own (a SysV script, RemainAfterExit=) systemd does not notice, but the table does.
Cause decide_active(const GoneEvidence& evidence) {
  if (evidence.main_died && evidence.unit->main_pid != 0) {
    return {Kind::unsettled, "its main process has ended; waiting for systemd's word"};
  }
  if (evidence.unit->main_pid != 0 && evidence.finding.presence == Presence::gone) {
    return {Kind::unsettled, "systemd says it is active; its process was not found yet"};
  }
  auto cause = decide_without_unit(evidence);
  if (cause.kind == Kind::never_started) cause.kind = Kind::crash_if_confirmed;  // The unit did start.
  return cause;
}

/// What a person started by hand, after he had stopped its unit, and what then crashed, he did not want
/// stopped. Where it ended cleanly he may have: his last word to systemd stands.
bool was_stopped(const GoneEvidence& evidence) {
  const bool has_crashed = evidence.is_outside && evidence.end && !is_clean(evidence.end->end);
  return evidence.unit->stop_job_seen && !(has_crashed && evidence.is_stop_older);
}

Cause decide_inactive(const GoneEvidence& evidence) {
  const auto& unit = *evidence.unit;
  if (is_manual(unit.unit_file_state) && !is_manual(evidence.unit_file_state_when_up)) {
    return {Kind::admin, "its unit is " + unit.unit_file_state};
  }
  if (has_been_up(evidence) && evidence.is_outside && evidence.end) return decide_death(evidence, {});
  if (has_been_up(evidence)) return {Kind::ended, "it ended by itself, and nobody asked for it"};
  if (unit.active_enter_us != 0) return {Kind::admin, "it was stopped before this daemon started"};
  if (is_started_on_demand(unit.unit_file_state)) {
    return {Kind::admin, "its unit is " + unit.unit_file_state + " and was not started, or was stopped"};
  }
  return {Kind::never_started, "it was never started since boot"};
}

Cause decide_failed(const GoneEvidence& evidence) {
  // What is left of one that ran outside must have been looked at first: systemd has not seen that end.
  if (has_been_up(evidence) && evidence.is_outside && evidence.end) return decide_death(evidence, {});
  return {.kind = Kind::crash,
          .reason = "systemd says it failed: " + evidence.unit->result,
          .is_systemds = !evidence.is_outside};
}

Cause decide_by_unit(const GoneEvidence& evidence) {
  const auto& unit = *evidence.unit;
  if (unit.active_state == "active") return decide_active(evidence);
  const bool has_failed = unit.active_state == "failed";
  if (has_failed || unit.active_state == "inactive") {
    // Started by hand, outside systemd: it runs, and that is what counts.
    const bool is_there = !evidence.is_stale && !evidence.main_died && has_main(evidence.finding.presence);
    if (is_there && (!has_failed || evidence.is_outside)) {
      return {Kind::alive, evidence.finding.reason + ", started outside systemd"};
    }
    if (was_stopped(evidence)) return {Kind::admin, "it was stopped by an administrator"};
    return has_failed ? decide_failed(evidence) : decide_inactive(evidence);
  }
  if (unit.active_state == "reloading") {
    auto cause = decide_without_unit(evidence);
    if (cause.kind == Kind::alive || cause.kind == Kind::unknown) return cause;
    return {Kind::upgrade, "systemd: its unit reloads (" + unit.sub_state + ")"};
  }
  return {Kind::systemd, "systemd: " + unit.active_state + " (" + unit.sub_state + ")"};
}

/// systemd knows why it is gone and has not said so: that is no reason to do anything.
Cause decide_without_word(const GoneEvidence& evidence) {
  auto cause = decide_without_unit(evidence);
  if (cause.kind == Kind::alive) return cause;
  return {Kind::unknown, "systemd has not told of its unit"};
}

Cause decide_own_cause(const GoneEvidence& evidence) {
  if (!evidence.unit && evidence.has_unit) return decide_without_word(evidence);
  const bool is_loaded = evidence.unit && !evidence.unit->active_state.empty() &&
                         (evidence.unit->load_state == "loaded" || evidence.unit->load_state == "masked");
  return is_loaded ? decide_by_unit(evidence) : decide_without_unit(evidence);
}

/// A claim of an upgrade is below an administrator's and above systemd's, and there is one only on what
/// is gone.
bool yields_to_upgrade(Kind kind) {
  switch (kind) {
    case Kind::alive:
    case Kind::unknown:
    case Kind::absent:
    case Kind::shutdown:
    case Kind::admin:
    case Kind::upgrade:
      return false;
    case Kind::systemd:
    case Kind::unsettled:
    case Kind::ended:
    case Kind::crash:
    case Kind::crash_if_confirmed:
    case Kind::never_started:
      return true;
  }
  return false;
}

}  // namespace

Cause decide_cause(const GoneEvidence& evidence) {
  if (evidence.manager == Manager::stopping) return {Kind::shutdown, "the machine is going down"};
  auto cause = decide_own_cause(evidence);
  if (evidence.upgrade && yields_to_upgrade(cause.kind)) return {Kind::upgrade, *evidence.upgrade};
  return cause;
}

std::string note_unit_file_state(std::string before, const std::optional<UnitStatus>& unit,
                                 bool has_come_up) {
  const bool is_known = unit && unit->active_state == "active" && !unit->unit_file_state.empty();
  if (!is_known) return before;
  const bool was_switched_off = !has_come_up && !before.empty() && is_manual(unit->unit_file_state);
  return was_switched_off ? before : unit->unit_file_state;
}

}  // namespace systemcheck
