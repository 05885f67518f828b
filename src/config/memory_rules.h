#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/units.h"
#include "base/vocabulary.h"

namespace systemcheck {

/// A share of all memory, and at most so many bytes: on a large machine a tenth is more than anybody needs.
/// The lower of the two counts.
struct MemoryThreshold {
  double share = 0;
  std::optional<std::uint64_t> at_most_bytes{};

  /// Of a machine with so much memory.
  [[nodiscard]] double bytes_of(double total_bytes) const {
    const double bytes = share * total_bytes;
    return at_most_bytes && static_cast<double>(*at_most_bytes) < bytes ? static_cast<double>(*at_most_bytes)
                                                                        : bytes;
  }
  bool operator==(const MemoryThreshold&) const = default;
};

/// What becomes of services that are off when the daemon is stopped for good.
enum class ShedOnExit {
  restore,  ///< those that fit are started
  leave,    ///< they stay off until a daemon runs again
};
template <>
struct Words<ShedOnExit> {
  static constexpr int first = 0;
  static constexpr std::array<std::string_view, 2> all{"restore", "leave"};
};

/// When services are turned off for want of memory, and on again: the keys of memory.shed. The thresholds are
/// of usable memory; `below` is where services are turned off.
struct MemoryRules {
  Mode mode = Mode::observe;
  MemoryThreshold warn{0.15};
  MemoryThreshold below{0.10};
  MemoryThreshold critical{0.05};
  MemoryThreshold target{0.15};         ///< what turning off is meant to reach
  MemoryThreshold restore_above{0.15};  ///< what must be left when a service is back
  Duration below_for = std::chrono::seconds{10};
  Duration restore_after = std::chrono::minutes{2};  ///< so long there must have been enough
  Duration restore_gap = std::chrono::minutes{1};    ///< between one service and the next
  Duration min_up = std::chrono::minutes{2};         ///< what has just been started is left alone
  Duration min_down = std::chrono::minutes{1};
  /// Longest time off without an attempt to start it again, or an alarm; zero: there is no such promise.
  Duration max_down = std::chrono::minutes{30};
  /// Before the next start of a service that had to be turned off again soon after one; doubles each time.
  Duration backoff = std::chrono::minutes{5};
  Duration backoff_max = std::chrono::hours{1};
  std::uint32_t sheds_per_hour = 3;  ///< of one service; then it stays off until the hour is over
  Duration stop_timeout = std::chrono::seconds{20};
  Duration critical_stop_timeout = std::chrono::seconds{5};
  bool culprit_first = true;  ///< what has eaten the memory goes first, whatever its priority
  ShedOnExit on_exit = ShedOnExit::restore;
  /// The memory of this control group instead of the machine's: the directory, below /sys/fs/cgroup. For a
  /// daemon in a container, whose memory ends before the machine's.
  std::string control_group{};
  /// Units that nobody may turn off, besides those of is_protected_unit().
  std::vector<std::string> protect{};

  bool operator==(const MemoryRules&) const = default;
};

}  // namespace systemcheck
