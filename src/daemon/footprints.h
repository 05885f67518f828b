#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "daemon/supervision.h"
#include "daemon/world.h"

namespace systemcheck {

/// What is known of a service by looking at its processes for longer than the main thread may.
struct Footprint {
  /// What ending it would give back, read_footprint(). Without a value: it could not be read.
  std::optional<double> bytes{};
  std::string protection{};  ///< why nobody may turn it off; empty: one may
};

/// Measures services on the worker's thread, one round after the other: milliseconds a process. Main thread.
class Footprints {
 public:
  /// `on_measured` is called after each round. The world outlives it.
  Footprints(World& world, Callback on_measured) : world_(world), on_measured_(std::move(on_measured)) {}
  Footprints(const Footprints&) = delete;
  Footprints& operator=(const Footprints&) = delete;

  /// Begins a round, unless one is under way.
  void measure(std::vector<MeasuredService> services, const MemoryRules& rules);
  [[nodiscard]] Instant began() const { return began_; }
  /// Null where it was never measured.
  [[nodiscard]] const Footprint* find(const std::string& service) const;

 private:
  using Found = std::map<std::string, Footprint, std::less<>>;
  void take(Found found);

  World& world_;
  Callback on_measured_;
  Found found_{};
  Instant began_{};
  bool is_measuring_ = false;
  Watch job_{};
};

}  // namespace systemcheck
