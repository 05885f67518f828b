#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "offline/recorded.h"

// What came of the orders that were given, to be taken for what would have come of those that were not.

namespace systemcheck {

struct PastOrder {
  std::size_t place = 0;  ///< of the situation in which it was given
  WallTime at{};
  PastOutcome outcome{};
  Duration took{};
  std::optional<Duration> up_after{};  ///< once it was done; nullopt: the service did not come up
};

class PastOrders {
 public:
  explicit PastOrders(std::span<const Recorded> moments);

  /// The next one of this service from this place on, else the last one before it; null: there is none.
  [[nodiscard]] const PastOrder* nearest(const std::string& service, std::size_t place) const;
  /// The one that was given there, if its outcome is known.
  [[nodiscard]] const PastOrder* at(const std::string& service, std::size_t place) const;

 private:
  std::map<std::string, std::vector<PastOrder>> orders_{};  ///< by place
};

}  // namespace systemcheck
