#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

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
  /// Another one each time it is started, 32 hexadecimal digits; empty: never since boot.
  std::string invocation_id{};
  std::vector<std::string> triggered_by{};  ///< units that start it on demand: .socket, .timer, .path
  /// What systemd stops along with it: all that requires it, is bound to it or part of it.
  std::vector<std::string> stopped_with_it{};
};

/// What systemd is doing as a whole.
enum class Manager {
  absent,    ///< no systemd here, or no bus to it
  running,   ///< running, degraded, maintenance
  starting,  ///< initializing, starting
  stopping,  ///< the machine is going down
};

}  // namespace systemcheck
