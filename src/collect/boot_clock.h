#pragma once

#include <cstdint>

#include "base/result.h"
#include "os/host.h"

namespace systemcheck {

/// What turns the kernel's ticks since boot into times of day.
struct BootClock {
  double uptime_seconds = 0;
  std::uint64_t boot_time_seconds = 0;  ///< since the epoch
  std::uint64_t births = 0;             ///< of processes and threads, since boot
};

/// From /proc/uptime and /proc/stat (btime, processes), proc(5).
Result<BootClock> read_boot_clock(Host& host);

}  // namespace systemcheck
