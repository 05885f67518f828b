#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace systemcheck {

using Labels = std::vector<std::pair<std::string, std::string>>;

/// How many observations were no larger than which bound. The bound +Inf is not named.
struct Histogram {
  struct Bucket {
    double bound = 0;
    double count = 0;  ///< cumulative
  };
  std::vector<Bucket> buckets{};
  double count = 0;
  double sum = 0;
};

/// One more observation. `within` counts for each bound those that were no larger.
template <std::size_t size>
void count_within(const std::array<double, size>& bounds, double value,
                  std::array<std::uint64_t, size>& within) {
  for (std::size_t i = 0; i < size; ++i)
    within.at(i) += value <= bounds.at(i) ? 1U : 0U;
}

template <std::size_t size>
Histogram histogram_of(const std::array<double, size>& bounds, const std::array<std::uint64_t, size>& within,
                       std::uint64_t count, double sum) {
  Histogram histogram{.count = static_cast<double>(count), .sum = sum};
  for (std::size_t i = 0; i < size; ++i)
    histogram.buckets.push_back({.bound = bounds.at(i), .count = static_cast<double>(within.at(i))});
  return histogram;
}

struct Sample {
  Labels labels{};
  double value = 0;
  Histogram histogram{};  ///< only of that kind
};

/// One metric family as plain data, named as prometheus.io/docs/practices/naming says.
struct Family {
  enum class Kind { gauge, counter, histogram };
  std::string name{};
  std::string help{};
  Kind kind = Kind::gauge;
  std::vector<Sample> samples{};
};

/// Collects families in the order in which they are first described.
class Metrics {
 public:
  void gauge(std::string_view name, std::string_view help, double value, Labels labels = {}) {
    add(Family::Kind::gauge, name, help, {std::move(labels), value, {}});
  }
  /// A value that only grows, and starts again at zero when its source does. Name ends in _total.
  void counter(std::string_view name, std::string_view help, double value, Labels labels = {}) {
    add(Family::Kind::counter, name, help, {std::move(labels), value, {}});
  }
  void histogram(std::string_view name, std::string_view help, Histogram histogram, Labels labels = {}) {
    add(Family::Kind::histogram, name, help, {std::move(labels), 0, std::move(histogram)});
  }
  [[nodiscard]] const std::vector<Family>& families() const { return families_; }

 private:
  void add(Family::Kind kind, std::string_view name, std::string_view help, Sample sample);

  std::vector<Family> families_;
};

}  // namespace systemcheck
