#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/result.h"

namespace systemcheck {

class Metrics;
struct Look;

/// The daemon's own process, under the names that all Prometheus client libraries use.
struct Self {
  static constexpr std::string_view name = "self";

  double cpu_seconds = 0;
  std::uint64_t resident_bytes = 0;
  std::uint64_t virtual_bytes = 0;
  std::uint64_t open_descriptors = 0;
  std::uint64_t max_descriptors = 0;
  double start_time_seconds = 0;  ///< since the epoch

  static Result<Self> collect(Look& look);
  void describe(Metrics& metrics) const;
};

/// "Max open files            1024                 1048576              files": the soft limit; 0 for
/// unlimited, which Linux does not have here.
std::optional<std::uint64_t> parse_descriptor_limit(std::string_view limits);

}  // namespace systemcheck
