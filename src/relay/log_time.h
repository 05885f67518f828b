#pragma once

#include <functional>
#include <optional>
#include <string_view>

#include "base/units.h"

namespace systemcheck {

/// Local time minus UTC at a moment.
using UtcOffset = std::function<Duration(WallTime)>;

/// How far ahead of our clock the one of a log may be.
inline constexpr Duration clock_slack = std::chrono::minutes{1};

/// The time of a line: "Nov 22 16:29:38" (no year, no zone), "2026-11-22 16:29:38" (no zone), or RFC 3339
/// with or without a fraction. Nothing where it is none of them, or before the year 2000 or behind 2199.
///
/// Without a year it is the last one in which the line can have been written: not more than a day from now. A
/// local time that comes twice, in the hour when summer time ends, is the one by the offset of now.
std::optional<WallTime> parse_log_time(std::string_view text, WallTime now, const UtcOffset& offset_at);

/// Nobody wrote it yet: its clock is wrong, or somebody would like to be authorised for longer.
inline bool is_ahead(WallTime at, WallTime now) { return at > now + clock_slack; }

}  // namespace systemcheck
