#pragma once

#include <chrono>

#include "base/units.h"

namespace systemcheck {

// For threads that have no event loop (HTTP, SNMP). They take one of these as a parameter, so that
// a test brings its own time. Any thread may call them.

inline Instant steady_now() { return std::chrono::steady_clock::now(); }
inline WallTime wall_now() { return std::chrono::system_clock::now(); }

}  // namespace systemcheck
