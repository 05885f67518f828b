#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/text.h"
#include "base/units.h"

namespace systemcheck {

/// At most `limit` bytes of it, without a broken character at the end.
inline std::string_view head_of(std::string_view text, std::size_t limit) {
  if (text.size() <= limit) return text;
  while (limit > 0 && (static_cast<unsigned char>(text[limit]) & 0xc0U) == 0x80U)
    --limit;
  return text.substr(0, limit);
}

inline std::string_view tail_of(std::string_view text, std::size_t limit) {
  return text.size() <= limit ? text : text.substr(text.size() - limit);
}

/// Microseconds since the epoch: what the tables keep times in. Of the monotonic clock nanoseconds.
inline std::int64_t stored_time(WallTime time) {
  return std::chrono::duration_cast<std::chrono::microseconds>(time.time_since_epoch()).count();
}
inline std::int64_t stored_instant(Instant instant) { return instant.time_since_epoch().count(); }
inline Instant instant_of(std::int64_t stored) { return Instant{Duration{stored}}; }
/// What no clock has ever shown, and no clock can, is the nearest time that one can.
inline WallTime time_of(std::int64_t stored) {
  using Stored = std::chrono::microseconds;
  constexpr auto first = std::chrono::duration_cast<Stored>(WallTime::duration::min()).count();
  constexpr auto last = std::chrono::duration_cast<Stored>(WallTime::duration::max()).count();
  return WallTime{Stored{std::clamp<std::int64_t>(stored, first, last)}};
}

}  // namespace systemcheck
