#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/machine_sample.h"

namespace systemcheck {

/// Which numbers of the samples are drawn, and against what. All pure.
struct Chart {
  std::string_view id{};
  std::string_view title{};
  float MachineSample::*value = nullptr;
  double least_top = 1;           ///< the scale goes from 0 to this at least
  bool is_share = false;          ///< shown as percentages, and the scale ends at 100%
  std::optional<double> limit{};  ///< a dashed line
  std::string_view limit_words{};
  bool marks_shortage = false;  ///< when memory was short
};

/// The least, the greatest and the newest of what is known.
struct ChartRange {
  double least = 0;
  double greatest = 0;
  double newest = 0;
};
std::optional<ChartRange> range_of(const MachineSamples& samples, float MachineSample::*value);

/// A <figure>: the day before `now` as a picture of a few kilobytes that scales to any width, with its
/// numbers in words. No line is drawn over a time of which nothing is known: longer than `gap`.
std::string chart_figure(const Chart& chart, const MachineSamples& samples, WallTime now, Duration gap);

/// The end of a scale, of few digits, that is not less.
double round_top(double value);

}  // namespace systemcheck
