#pragma once

#include <sys/resource.h>
#include <sys/types.h>

#include <array>
#include <vector>

namespace systemcheck {

/// All that a new process needs to become a command, made ready beforehand: between fork and exec of a
/// program with threads nothing may allocate or lock, signal-safety(7).
struct CleanExec {
  const char* program = nullptr;
  char* const* argv = nullptr;
  char* const* environment = nullptr;
  // All of these are 16 or higher, so that they are not overwritten while they are moved to 0 and up.
  int null_device = -1;
  int output = -1;
  int problem = -1;  ///< gets errno if it comes to nothing
  int gate = -1;     ///< -1: none
  int mounts = -1;   ///< a mount namespace to enter, namespaces(7); -1: none
  std::array<rlimit, RLIM_NLIMITS> limits{};
};

/// In the new process, with all signals blocked. Does not return.
[[noreturn]] void become_command(const CleanExec& exec);

/// The environment of every command.
char* const* clean_environment();
/// What systemd gives a service by default, as far as our own hard limits allow it.
std::array<rlimit, RLIM_NLIMITS> read_clean_limits();

}  // namespace systemcheck
