#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/result.h"

namespace systemcheck {

class Host;
class Metrics;
struct Look;

/// /proc/meminfo, the swap and OOM counters of /proc/vmstat, and what MemAvailable leaves out:
/// usable_memory.h.
struct Memory {
  static constexpr std::string_view name = "memory";

  std::uint64_t total_bytes = 1;  ///< never 0: parse_memory() refuses that
  std::uint64_t available_bytes = 0;
  std::uint64_t free_bytes = 0;
  std::uint64_t buffers_bytes = 0;
  std::uint64_t cached_bytes = 0;     ///< with reclaimable slab, as free(1) counts
  std::uint64_t anonymous_bytes = 0;  ///< AnonPages: falls at once when a process ends
  std::uint64_t listed_bytes = 0;     ///< free, on the lists of the processors, and not in available_bytes
  std::uint64_t arc_bytes = 0;        ///< what the cache of ZFS would give back
  std::uint64_t swap_total_bytes = 0;
  std::uint64_t swap_free_bytes = 0;
  std::uint64_t swapped_in_bytes = 0;  ///< since boot
  std::uint64_t swapped_out_bytes = 0;
  std::uint64_t oom_kills = 0;

  static Result<Memory> collect(Look& look);
  void describe(Metrics& metrics) const;

  /// What the thresholds are compared with, and what is turned off for: what can be had without swapping.
  [[nodiscard]] std::uint64_t usable_bytes() const {
    return std::min(total_bytes, available_bytes + listed_bytes + arc_bytes);
  }
  /// The same of the whole, 0 to 1.
  [[nodiscard]] double usable_ratio() const {
    return static_cast<double>(usable_bytes()) / static_cast<double>(total_bytes);
  }
};

/// How many processes the kernel has killed for want of memory since boot.
Result<std::uint64_t> read_oom_kills(Host& host);

/// Of MemAvailable alone.
std::optional<std::uint64_t> available_bytes(std::string_view meminfo);

/// Refuses a reading without a MemTotal, or with more available than there is.
Result<Memory> parse_memory(std::string_view meminfo, std::string_view vmstat, std::uint64_t page_bytes);

}  // namespace systemcheck
