#pragma once

#include <optional>
#include <string>

#include "base/process_end.h"
#include "base/unit_status.h"
#include "base/units.h"
#include "check/services.h"

namespace systemcheck {

/// Why a service is not running, by the decision table: "Why is it gone?"
struct Cause {
  enum class Kind {
    alive,               ///< it is not gone
    unknown,             ///< the reading failed or is too old: nothing may be done
    absent,              ///< not installed
    shutdown,            ///< the machine is going down
    admin,               ///< stopped by a person
    upgrade,             ///< packages are being changed, or its unit reloads: wait
    systemd,             ///< systemd is starting, stopping or restarting it: wait
    unsettled,           ///< its process has died, systemd has not said so yet
    ended,               ///< by itself and without a failure: act after a grace and one more look
    crash,               ///< proven: act at once
    crash_if_confirmed,  ///< act after one more look
    never_started,       ///< enabled, and not up since boot: start it after the boot grace
  };
  Kind kind = Kind::unknown;
  std::string reason{};      ///< one line for people
  bool is_systemds = false;  ///< its own word, newer than any look at the processes can be
};

/// How its main process ended, where the kernel has told us.
struct MainEnd {
  ProcessEnd end{};
  bool is_probably_oom = false;  ///< the kernel has killed something for want of memory at that time
};

/// What is known at the moment of deciding.
struct GoneEvidence {
  ServiceFinding finding{};
  bool is_stale = false;   ///< the finding is older than it may be
  bool main_died = false;  ///< the kernel reported the end of the main process after the finding was made
  std::optional<MainEnd> end{};
  Manager manager = Manager::absent;
  std::optional<UnitStatus> unit{};  ///< nullopt: no unit, or systemd has not told of it
  bool has_unit = false;             ///< it is run by a unit of a systemd that is there, heard or not
  /// Its main process runs, or ran, outside of that unit: somebody had started it by hand, and of its end the
  /// unit says nothing.
  bool is_outside = false;
  bool is_stop_older = false;   ///< than that process: the stop job that the unit tells of was not for it
  bool was_up = false;          ///< seen up since this daemon started
  bool was_turned_off = false;  ///< for want of memory, by an earlier daemon of this boot: it was up then
  std::string unit_file_state_when_up{};
  /// Packages are being changed, in words: whoever does that stops and starts services himself.
  std::optional<std::string> upgrade{};
};

/// Pure. systemd's word counts more than the process table's where it has one: its reading is
/// newer, and it knows how the process ended.
Cause decide_cause(const GoneEvidence& evidence);

/// What the unit file of a service that is up says, to be compared with later. Pure. One that was disabled or
/// masked while the service ran was not so when it came up, and does not become so by being looked at.
std::string note_unit_file_state(std::string before, const std::optional<UnitStatus>& unit, bool has_come_up);

}  // namespace systemcheck
