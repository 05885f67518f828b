#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/units.h"

// How old a record is cannot be told by the wall clock, which is sometimes a year ahead until somebody sets
// it right: by it the whole history would be too old at once, or for ever too young. So the history has a
// clock of its own, which nobody can set: it goes on with the monotonic clock while the machine runs, and by
// the wall clock only over the time for which the machine was off, a week of it at most.

namespace systemcheck {

/// The same moment by both clocks.
struct Moment {
  WallTime wall{};
  Instant instant{};
};

/// What the history's clock showed, and when that was.
struct ClockMark {
  Duration elapsed{};
  std::string boot_id{};
  Moment at{};
};

inline constexpr Duration off_time_max = std::chrono::hours{24 * 7};

/// What it shows now. Never less than at the mark. Pure.
Duration elapsed_since(const ClockMark& mark, std::string_view boot_id, const Moment& now);

}  // namespace systemcheck
