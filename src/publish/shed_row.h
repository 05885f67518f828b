#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/units.h"
#include "base/vocabulary.h"
#include "decide/shed_facts.h"

namespace systemcheck {

/// Upper bounds of the histogram of lateness, in seconds; the last one is +Inf and not named.
inline constexpr std::array<double, 8> lateness_buckets{0.001, 0.005, 0.01, 0.05, 0.1, 0.2, 0.5, 1};

/// What is said of one service that may be turned off for want of memory. Counters start at zero with the
/// daemon; in mode observe they count what would have been done.
struct ShedServiceRow {
  std::string name{};
  std::uint32_t priority = 0;
  ShedPhase phase = ShedPhase::up;
  bool is_rehearsed = false;  ///< nothing was done: it would be in that phase
  ShedObstacle obstacle = ShedObstacle::none;
  std::string words{};  ///< the same for people, one line
  double bytes = 0;     ///< expected to be freed, or to be used
  std::array<std::uint64_t, Words<ShedCause>::all.size()> sheds_total{};
  std::uint64_t restores_total = 0;
  std::uint64_t failed_restores_total = 0;
  double predicted_bytes = 0;  ///< of the last time
  double returned_bytes = 0;   ///< the same, measured
  double off_seconds_total = 0;
  Duration backoff{};  ///< until it may be started again at the earliest
};

/// What is said of the shortage of memory, and of what is done about it.
struct ShedRow {
  Mode mode = Mode::observe;
  ShedState state = ShedState::normal;
  Shortage shortage = Shortage::normal;
  std::string words{};  ///< for people, one line
  double total_bytes = 0;
  double usable_bytes = 0;   ///< in mode observe with what would have been freed
  double pending_bytes = 0;  ///< on its way
  std::optional<Duration> to_critical{};
  std::uint64_t relieved_total = 0;  ///< episodes that ended well
  std::uint64_t stuck_total = 0;     ///< and those in which nothing was left that would help
  std::uint64_t alarms_total = 0;    ///< of the kernel, that tasks wait for memory
  std::array<std::uint64_t, lateness_buckets.size()> late_within{};
  std::uint64_t looks = 0;
  double late_seconds_total = 0;
  std::vector<ShedServiceRow>
      services{};  ///< those that may be turned off, in the order of the configuration
};

}  // namespace systemcheck
