#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace systemcheck {

using Labels = std::vector<std::pair<std::string, std::string>>;

struct Sample {
  Labels labels{};
  double value = 0;
};

/// One metric family as plain data, named as prometheus.io/docs/practices/naming says.
struct Family {
  enum class Kind { gauge, counter };
  std::string name{};
  std::string help{};
  Kind kind = Kind::gauge;
  std::vector<Sample> samples{};
};

/// Collects families in the order in which they are first described.
class Metrics {
 public:
  void gauge(std::string_view name, std::string_view help, double value, Labels labels = {}) {
    add(Family::Kind::gauge, name, help, {std::move(labels), value});
  }
  /// A value that only grows, and starts again at zero when its source does. Name ends in _total.
  void counter(std::string_view name, std::string_view help, double value, Labels labels = {}) {
    add(Family::Kind::counter, name, help, {std::move(labels), value});
  }
  [[nodiscard]] const std::vector<Family>& families() const { return families_; }

 private:
  void add(Family::Kind kind, std::string_view name, std::string_view help, Sample sample);

  std::vector<Family> families_;
};

}  // namespace systemcheck
