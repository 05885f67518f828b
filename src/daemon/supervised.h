#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "check/resources.h"
#include "daemon/probing.h"
#include "daemon/situation_filter.h"
#include "daemon/supervision.h"

namespace systemcheck {

/// policy-rc.d has forbidden to start it.
struct PolicyHold {
  std::string reason{};
  Instant since{};
  Instant until{};  ///< then it is asked again
};
inline constexpr Duration policy_asked_again_after = std::chrono::minutes{1};

/// A sight may be this many cycles old before it counts as no reading at all.
inline constexpr int cycles_until_stale = 2;

/// What is kept of one service while the daemon runs.
struct Supervision::Supervised {
  Service rules{};
  ServiceRow row{};
  RestartMemo memo{};
  RestartMemo memo_before_order{};
  std::optional<PolicyHold> policy{};

  ServiceProcesses sight{};
  Instant sight_at{};
  bool is_new_sight = false;
  std::optional<Instant> died_at{};  ///< the main process ended after `sight` was taken
  std::optional<MainEnd> end{};      ///< of the main process that is gone, until the next attempt to start it
  bool is_death_uncounted = false;
  std::optional<Instant> down_since{};  ///< what the running restart is to end
  std::optional<UnitStatus> unit{};
  std::string unit_file_state_when_up{};
  Claims claims{};
  bool was_seen_stopped = false;  ///< since a person stopped it
  bool was_turned_off = false;    ///< for want of memory, by an earlier daemon of this boot
  bool is_owner_told = false;     ///< the next change of owner is in the history already
  bool awaits_gone = false;       ///< what was told to stop for want of memory is no death
  std::optional<WallTime> window_released_until{};
  ClaimMemo remembered_claims{};
  std::unique_ptr<Ordered> ordered{};       ///< by a person, and not ended yet
  std::unique_ptr<ShedOrder> shed_order{};  ///< in flight
  std::unique_ptr<ShedOrder> shed_next{};   ///< waits for its end
  std::optional<Instant> main_since{};      ///< the main process runs
  std::vector<RuleHistory> rule_history{};
  ResourceFinding resources{};

  /// It is down, and its next attempt is put off.
  [[nodiscard]] bool awaits_attempt() const {
    return row.state == ServiceState::waiting || (row.state == ServiceState::flapping && memo.gone_since);
  }

  std::vector<std::uint16_t> own_ports{};  ///< of those that its probes ask, what it was seen to have itself
  bool are_ports_known = false;            ///< was looked while it was up
  std::vector<ProbeState> probes{};        ///< how they stand
  std::unique_ptr<Probing> probing{};

  std::optional<ProcessIdentity> watched{};
  std::optional<Instant> lost_since{};        ///< it was not in the table, and has not ended
  std::optional<ProcessIdentity> followed{};  ///< the kernel is asked to tell how it ends
  std::optional<ProcessIdentity> last_main{};
  bool is_main_outside = false;  ///< that one: somebody has started it by hand, outside its unit
  bool is_stop_older = false;    ///< than that one, the stop job that its unit tells of
  std::optional<PidFileMisfit> last_misfit{};
  std::optional<ActionNumber> action{};  ///< written down, and its end or its verdict not yet
  std::string tried{};                   ///< by the last attempt, in words
  Instant action_began{};
  bool has_action_ended = false;
  SituationFilter situations{};
  RestartMemo remembered{};  ///< as it was written down last
  std::string remembered_text = "{}";

  Watch unit_watch{};
  Watch gone_watch{};
  Watch lost_watch{};
  Watch end_watch{};
  Watch wake{};

  // Totals of the time before the last reload, whose matcher is gone.
  double user_seconds_before = 0;
  double system_seconds_before = 0;
  std::uint64_t starts_before = 0;
  double cpu_seconds_at_cycle = 0;
};

/// To stop, kill or start a service for want of memory.
struct Supervision::ShedOrder {
  ShedAction action{};
  std::function<void(const Outcome&)> on_end{};
  Ticket ticket = 0;
};

/// What a person has ordered for a service, from asking to telling what came of it.
struct Supervision::Ordered {
  enum class Phase {
    asked,      ///< a fresh sight is wanted first: somebody may have started it since the last one
    in_flight,  ///< being carried out
    watched,    ///< done; its result is yet to be seen
    ended,      ///< to be told in the next turn of the loop
  };
  Phase phase = Phase::asked;
  std::string asked_by{};
  OnDemandEnd on_end{};
  OnDemandStep on_step{};
  Instant asked_at{};
  bool held_before = false;  ///< a person had stopped it already
  DemandMemo memo{};
  std::optional<DemandEnd> end{};
  Watch timer{};

  void tell(DemandStep step) const {
    if (on_step) on_step(step);
  }
};

/// The unit it is run by: the one that was found installed, else the one the user named.
std::string unit_of(const Service& rules, const ServiceProcesses& sight);
/// Its main process is not in the control group of its unit.
bool runs_outside(const ServiceProcesses& sight);
/// By its own commands, or by its init script where there is neither command nor systemd.
bool is_started_by_hand(const Service& rules, const std::string& init_script);
ServiceControl control_of(const Service& rules, const std::string& unit, const std::string& init_script);
/// Why it is held for an upgrade, in words; nullopt: it is not, or no longer.
std::optional<std::string> upgrade_by_policy(const std::optional<PolicyHold>& policy, Instant now);
/// What its newest sight says of its ports.
void note_ports(std::vector<std::uint16_t>& own, const PortSight& sight);
/// Counts a pid file that does not fit, once for each process that it names.
void count_misfit(ServiceRow& row, std::optional<PidFileMisfit>& last,
                  const std::optional<PidFileMisfit>& now);
/// What the newest sight says, brought into the published row.
void update_row_facts(ServiceRow& row, const Service& rules, const ServiceProcesses& sight);
/// Why the main process ended, as far as its unit or the kernel tells.
DeathCause death_cause(const std::optional<UnitStatus>& unit, const std::optional<MainEnd>& end);
/// Who holds it, for people.
std::vector<HoldRow> hold_rows(const Claims& claims, Instant now, WallTime wall_now);

}  // namespace systemcheck
