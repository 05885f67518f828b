#pragma once

#include <sys/types.h>

#include <compare>
#include <cstdint>

namespace systemcheck {

/// One process, for as long as this boot lasts. The kernel reuses a pid, but never with the same
/// start time (field 22 of /proc/PID/stat, proc(5), clock ticks since boot).
/// What outlives a boot is stored with the boot id beside it.
struct ProcessIdentity {
  pid_t pid = 0;
  std::uint64_t start_ticks = 0;

  auto operator<=>(const ProcessIdentity&) const = default;
};

}  // namespace systemcheck
