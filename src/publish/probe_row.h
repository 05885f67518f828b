#pragma once

#include <array>
#include <cstdint>

#include "base/metrics.h"
#include "base/units.h"
#include "probe/state.h"

namespace systemcheck {

/// Upper bounds of the histogram of durations, in seconds; the last one is +Inf and not named.
inline constexpr std::array<double, 10> probe_buckets{0.001, 0.005, 0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5};

/// What is said of one probe.
struct ProbeRow {
  ProbeState state{};
  std::array<std::uint64_t, Words<ProbeClass>::all.size()> results_total{};
  /// How many took no longer than the bound of the same place; cumulative, without the last one.
  std::array<std::uint64_t, probe_buckets.size()> within{};
  std::uint64_t durations = 0;
  double duration_seconds_total = 0;
};

inline void count_row(ProbeRow& row, ProbeClass result, Duration took) {
  ++row.results_total.at(static_cast<std::size_t>(result));
  if (result == ProbeClass::unknown) return;  // It took nothing: nothing was asked.
  ++row.durations;
  row.duration_seconds_total += in_seconds(took);
  count_within(probe_buckets, in_seconds(took), row.within);
}

}  // namespace systemcheck
