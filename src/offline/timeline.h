#pragma once

#include <map>
#include <span>
#include <string>
#include <vector>

#include "offline/recorded.h"
#include "offline/replay.h"

namespace systemcheck {

struct SaidThen {
  std::map<std::string, std::vector<Said>> said{};  ///< by service, in the order of time
  std::map<std::string, Duration> longest_down{};
};

/// What the daemon decided, as it is recorded. What is down last is down until `end`. Pure.
SaidThen said_then(std::span<const Recorded> moments, Instant end);

/// Two decisions are of the same moment when they are no farther apart than this.
inline constexpr Duration same_moment_within = std::chrono::seconds{1};

/// Both side by side. What is after the end of the record is never different. Pure.
std::vector<ReplayLine> compared(const std::string& service, std::span<const Said> then,
                                 std::span<const Said> now);

}  // namespace systemcheck
