#pragma once

#include <cstddef>
#include <limits>
#include <memory>
#include <vector>

#include "base/units.h"

namespace systemcheck {

/// How the machine was in one minute; what is not known is no number (NaN).
struct MachineSample {
  static constexpr float unknown = std::numeric_limits<float>::quiet_NaN();

  WallTime at{};
  float load = unknown;  ///< of the last minute
  float load_per_cpu = unknown;
  float usable_ratio = unknown;   ///< of the memory
  float relay_clients = unknown;  ///< who may send because he has fetched his mail
  bool is_shedding = false;       ///< memory was short, or something was off for want of it
};

inline constexpr Duration sample_interval = std::chrono::minutes{1};
inline constexpr Duration samples_kept = std::chrono::hours{24};
inline constexpr std::size_t samples_max = samples_kept / sample_interval;

/// The oldest first, by the wall clock: that jumps now and then, and where no daemon ran there are none.
using MachineSamples = std::vector<MachineSample>;

}  // namespace systemcheck
