#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "daemon/probing.h"
#include "daemon/supervision.h"

namespace systemcheck {

/// What is kept of one service while the daemon runs.
struct Supervision::Supervised {
  Service rules{};
  ServiceRow row{};
  RestartMemo memo{};

  ServiceProcesses sight{};
  Instant sight_at{};
  bool is_new_sight = false;
  std::optional<Instant> died_at{};  ///< the main process ended after `sight` was taken
  bool is_death_uncounted = false;
  std::optional<Instant> restarted_at{};  ///< what the running restart is measured from: the death
  std::optional<UnitStatus> unit{};
  std::string unit_file_state_when_up{};
  Claims claims{};

  std::vector<ProbeState> probes{};  ///< how they stand
  std::unique_ptr<Probing> probing{};

  std::optional<ProcessIdentity> watched{};
  std::optional<ProcessIdentity> last_main{};
  Watch unit_watch{};
  Watch gone_watch{};
  Watch wake{};

  // Totals of the time before the last reload, whose matcher is gone.
  double user_seconds_before = 0;
  double system_seconds_before = 0;
  std::uint64_t starts_before = 0;
  double cpu_seconds_at_cycle = 0;
};

/// The unit it is run by: the one that was found installed, else the one the user named.
std::string unit_of(const Service& rules, const ServiceProcesses& sight);
/// What the newest sight says, brought into the published row.
void update_row_facts(ServiceRow& row, const Service& rules, const ServiceProcesses& sight);
/// Why the main process ended, as far as its unit tells.
DeathCause death_cause(const std::optional<UnitStatus>& unit);
CheckStatus severity_of(ServiceState state);

}  // namespace systemcheck
