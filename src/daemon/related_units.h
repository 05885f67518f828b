#pragma once

#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "daemon/supervision.h"
#include "os/units.h"

namespace systemcheck {

/// The units around services that may be turned off: what starts them on demand, and what systemd stops along
/// with them, however many others are in between. Main thread.
class RelatedUnits {
 public:
  /// `units` outlives it.
  explicit RelatedUnits(Units& units) : units_(units) {}

  /// To be called again and again: who else is related is seen from those that are known.
  void watch(std::span<const MeasuredService> services);
  [[nodiscard]] bool is_active(const std::string& unit) const;
  /// All that stopping these would stop, too. Nothing while systemd has not told of all of them, or where
  /// they are more than anybody wants to stop for the sake of memory.
  [[nodiscard]] std::optional<std::vector<std::string>> stopped_with(const MeasuredService& service) const;

 private:
  struct Relation {
    bool is_active = false;
    std::vector<std::string> stopped_with_it{};
  };
  [[nodiscard]] std::set<std::string> reached(const MeasuredService& service) const;

  Units& units_;
  std::set<std::string> watched_{};
  std::map<std::string, Relation, std::less<>> known_{};
  Watch watch_{};
};

}  // namespace systemcheck
