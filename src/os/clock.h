#pragma once

#include <time.h>

#include <chrono>

#include "base/units.h"

namespace systemcheck {

// For threads that have no event loop (HTTP, SNMP). They take one of these as a parameter, so that
// a test brings its own time. Any thread may call them.

inline Instant steady_now() { return std::chrono::steady_clock::now(); }
inline WallTime wall_now() { return std::chrono::system_clock::now(); }

/// Since the machine was booted, the time it was suspended included; nobody can set it.
inline Duration time_since_boot() {
  timespec now{};
  ::clock_gettime(CLOCK_BOOTTIME, &now);
  return std::chrono::seconds{now.tv_sec} + std::chrono::nanoseconds{now.tv_nsec};
}

}  // namespace systemcheck
