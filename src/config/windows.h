#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "config/config.h"
#include "config/section.h"

namespace systemcheck {

/// Reads the maintenance windows, when services and groups are known. `top` is the whole configuration.
void resolve_windows(Section& top, Config& config);

/// "02:00": hours and minutes since midnight.
Result<std::chrono::minutes> parse_time_of_day(std::string_view text);
std::string time_of_day_text(std::chrono::minutes time);

inline constexpr Duration window_max = std::chrono::hours{24 * 7};

}  // namespace systemcheck
