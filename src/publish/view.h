#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/history_status.h"
#include "base/machine_sample.h"
#include "base/units.h"
#include "base/vocabulary.h"
#include "collect/snapshot.h"
#include "config/config.h"
#include "os/actuator.h"
#include "os/process_ends.h"
#include "publish/event_row.h"
#include "publish/hold_row.h"
#include "publish/probe_row.h"
#include "publish/relay_row.h"
#include "publish/shed_row.h"

namespace systemcheck {

/// Why the main process of a service ended, as far as it is known.
enum class DeathCause {
  exit,  ///< it left by itself
  signal,
  oom,  ///< killed by the kernel for want of memory: so systemd says, or probably
  unknown,
};
template <>
struct Words<DeathCause> {
  static constexpr int first = 0;
  static constexpr std::array<std::string_view, 4> all{"exit", "signal", "oom", "unknown"};
};

/// Everything that is said of one service, whoever asks. All counters start at zero with the daemon.
struct ServiceRow {
  std::string name{};
  std::string manager{};  ///< "systemd", "command" or "none": how it would be restarted
  std::string unit{};
  std::string user{};
  Mode mode = Mode::observe;
  ServiceState state = ServiceState::unknown;
  CheckStatus status = CheckStatus::unknown;
  Owner owner = Owner::systemcheck;
  std::string reason{};  ///< one line, printable
  WallTime state_since{};
  Instant state_since_instant{};

  bool is_readable = true;  ///< false: its processes could not be told, what follows means nothing
  std::uint32_t processes = 0;
  std::uint32_t processes_min = 1;
  std::optional<std::uint32_t> processes_max{};
  std::optional<ProcessIdentity> main{};
  std::uint32_t threads = 0;
  std::uint64_t resident_bytes = 0;
  std::uint64_t swap_bytes = 0;
  std::optional<WallTime> oldest_start{};
  double user_seconds_total = 0;
  double system_seconds_total = 0;
  double cpu_ratio = 0;  ///< over the last cycle, 1 = one processor
  std::uint64_t process_starts_total = 0;
  bool is_binary_stale = false;  ///< an upgrade has replaced the program that the main process runs
  std::array<std::uint64_t, Words<Misfit>::all.size()> misfits_total{};  ///< pid files that did not fit

  std::uint64_t check_failures_total = 0;  ///< of the check "processes"
  std::uint64_t consecutive_failures = 0;
  std::optional<WallTime> last_up{};
  std::array<std::uint64_t, Words<DeathCause>::all.size()> deaths_total{};
  std::uint64_t restarts_total = 0;  ///< attempts that have ended; reason="down"
  std::uint64_t restart_failures_total = 0;
  std::array<std::uint64_t, Words<Suppressed>::all.size()> suppressed_total{};
  std::optional<WallTime> last_restart{};
  Duration last_restart_duration{};
  Duration downtime_total{};  ///< in states that are out of service
  std::optional<Outcome::Kind> last_outcome{};
  int last_exit = 0;
  Duration backoff_remaining{};
  std::vector<ProbeRow> probes{};
  bool is_at_cap = false;                    ///< every further attempt waits for backoff_max
  std::vector<HoldRow> holds{};              ///< by people, maintenance and shedding; the highest first
  std::uint64_t ordered_restarts_total = 0;  ///< starts and restarts that people ordered; reason="ordered"
};

struct DaemonRow {
  std::string version{};
  WallTime started_at{};
  Instant started{};
  Duration cycle_interval = std::chrono::seconds{60};
  std::uint64_t cycles_total = 0;
  std::uint64_t cycle_overruns_total = 0;
  bool config_reload_ok = true;
  WallTime config_loaded_at{};
  std::uint64_t config_hash = 0;  ///< 48 bits
  Mode mode = Mode::observe;
  bool are_actions_disabled = false;        ///< by the kill switch
  bool has_upgrade_hold_expired = false;    ///< packages are being changed for so long that it counts no more
  std::optional<HistoryStatus> history{};   ///< without a value: none is kept
  std::optional<ProcessEndsStatus> ends{};  ///< without a value: the kernel is not asked
};

struct FileSystemRow {
  std::string name{};     ///< the mount point; above 64 bytes cut and ended by eight hex digits of its hash
  std::size_t index = 0;  ///< into Disks::file_systems
  CheckStatus status = CheckStatus::unknown;
};

/// What is published, whoever reads it: one snapshot, one row a service, one verdict. Immutable once posted.
struct View {
  std::uint64_t sequence = 0;  ///< grows with every post; 0: nothing yet
  WallTime posted_at{};
  std::shared_ptr<const Snapshot> snapshot = std::make_shared<const Snapshot>();
  std::shared_ptr<const Config> config = std::make_shared<const Config>();
  std::vector<ServiceRow> services{};
  std::vector<FileSystemRow> file_systems{};
  CheckStatus load_status = CheckStatus::unknown;
  CheckStatus memory_status = CheckStatus::unknown;
  CheckStatus status = CheckStatus::unknown;  ///< the worst of all
  std::string status_text{};                  ///< one line naming what makes it so
  DaemonRow daemon{};
  std::optional<ShedRow> shedding{};  ///< without a value: memory is not watched here
  std::optional<RelayRow> relay{};    ///< without a value: nobody's mail is relayed by us
  std::shared_ptr<const RecentEvents> events = std::make_shared<const RecentEvents>();  ///< the last ones
  std::shared_ptr<const MachineSamples> samples = std::make_shared<const MachineSamples>();  ///< of a day
};

}  // namespace systemcheck
