#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace systemcheck {

using Duration = std::chrono::nanoseconds;
/// Monotonic time: every interval. Only os/ asks for it.
using Instant = std::chrono::time_point<std::chrono::steady_clock, Duration>;
/// What people see on a clock; may jump.
using WallTime = std::chrono::time_point<std::chrono::system_clock, Duration>;

[[nodiscard]] constexpr double in_seconds(Duration duration) {
  return std::chrono::duration<double>(duration).count();
}

/// Seconds since the Unix epoch; 0 stands for "never".
[[nodiscard]] constexpr double epoch_seconds(WallTime time) { return in_seconds(time.time_since_epoch()); }

/// "250ms", "10s", "5m", "2h", "1d": a whole number and one unit. "0" alone is refused.
Result<Duration> parse_duration(std::string_view text);
/// "4096", "64KiB", "64MiB", "2GiB", "1TiB": bytes.
Result<std::uint64_t> parse_bytes(std::string_view text);
/// "10%", "2.5%": 0 to 1. A bare number is refused: 10 and 0.1 are too easily confused.
Result<double> parse_share(std::string_view text);

/// The shortest text that parse_duration() reads back as the same value, "90s" rather than "1m30s".
std::string duration_text(Duration duration);
/// For people: "3 d 4 h", "12 min", "5.0 s", "30 ms". Two units at most.
std::string duration_words(Duration duration);
/// The shortest text that parse_bytes() reads back as the same value.
std::string bytes_text(std::uint64_t bytes);
/// For people: "1.5 GiB".
std::string bytes_words(std::uint64_t bytes);
/// The text that parse_share() reads back: "10%".
std::string share_text(double share);
/// RFC 3339 in UTC with whole seconds: "2026-11-22T18:20:00Z".
std::string wall_time_text(WallTime time);

}  // namespace systemcheck
