#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>

namespace systemcheck {

/// One unit as systemd sees it: org.freedesktop.systemd1(5).
struct UnitStatus {
  std::string name{};
  std::string load_state{};       ///< loaded, not-found, masked, …
  std::string active_state{};     ///< active, reloading, inactive, failed, activating, deactivating
  std::string sub_state{};        ///< running, dead, auto-restart, …
  std::string unit_file_state{};  ///< enabled, disabled, static, masked, …
  std::string result{};           ///< success, exit-code, signal, start-limit-hit, …
  pid_t main_pid = 0;
  std::string control_group{};        ///< "/system.slice/apache2.service"; empty when it has none
  std::uint64_t active_enter_us = 0;  ///< wall clock, µs since the epoch; 0: never since boot
  /// A stop (or a conflicting) job was seen for it since it was last active: somebody asked for it.
  bool stop_job_seen = false;
};

/// What systemd is doing as a whole.
enum class Manager {
  absent,    ///< no systemd here, or no bus to it
  running,   ///< running, degraded, maintenance
  starting,  ///< initializing, starting
  stopping,  ///< the machine is going down
};

}  // namespace systemcheck
