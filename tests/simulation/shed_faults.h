#pragma once

#include <limits>
#include <optional>
#include <vector>

#include "simulation/shed_plant.h"

namespace systemcheck::test {

/// What goes wrong besides the disturbance: in what is read, in the services, by people, in the daemon.
enum class Fault {
  missing,   ///< no reading
  stale,     ///< always the same one
  lagging,   ///< of five seconds ago, as where freed pages stay on the lists of processors
  too_high,  ///< by 35 GB
  zero,      ///< nothing usable, nothing there
  empty,     ///< nothing usable
  no_number,
  rosy,     ///< much more than there is, and possible
  unseen,   ///< services cannot be read
  pressed,  ///< tasks wait for memory
  swapped,  ///< swap space is used up
  crash,    ///< a service dies
  admin_stop,
  admin_start,
  daemon_crash,
  last = daemon_crash,
};

struct FaultWindow {
  Fault kind = Fault::missing;
  double from = 0;
  double until = 0;
  std::size_t service = 0;
};

class Faults {
 public:
  Faults() = default;
  Faults(Dice& dice, double seconds, std::size_t services) {
    const auto count = 4 + dice.below(14);
    for (std::uint64_t i = 0; i < count; ++i) {
      FaultWindow window;
      window.kind = static_cast<Fault>(dice.below(static_cast<std::uint64_t>(Fault::last) + 1));
      window.from = dice.between(60, seconds);
      window.until = window.from + (dice.chance(0.5) ? dice.between(0.3, 3) : dice.between(3, 200));
      window.service = dice.below(services);
      windows_.push_back(window);
    }
  }

  [[nodiscard]] bool is(Fault kind, double now) const { return at(kind, now) != nullptr; }
  [[nodiscard]] const FaultWindow* at(Fault kind, double now) const {
    for (const auto& it : windows_) {
      if (it.kind == kind && it.from <= now && now < it.until) return &it;
    }
    return nullptr;
  }
  /// Those that begin within (from, until].
  template <typename Visit>
  void begun(double from, double until, Visit visit) const {
    for (const auto& it : windows_) {
      if (from < it.from && it.from <= until) visit(it);
    }
  }
  void add(FaultWindow window) { windows_.push_back(window); }

 private:
  std::vector<FaultWindow> windows_{};
};

/// Reads the plant as the faults let it be read.
class Sensor {
 public:
  std::optional<MemorySight> read(const ShedPlant& plant, const Faults& faults, double now, Instant instant) {
    const auto truth = look(plant, faults, now, instant);
    past_.push_back(truth);
    if (past_.size() > 64) past_.erase(past_.begin());
    if (faults.is(Fault::missing, now)) return std::nullopt;
    auto sight = truth;
    if (faults.is(Fault::stale, now)) sight = frozen_.value_or(truth);
    if (!faults.is(Fault::stale, now)) frozen_ = truth;
    if (faults.is(Fault::lagging, now)) sight.usable_bytes = usable_before(instant - std::chrono::seconds{5});
    if (faults.is(Fault::too_high, now)) sight.usable_bytes += 35e9;
    if (faults.is(Fault::rosy, now)) sight.usable_bytes = 0.9 * machine_bytes;
    if (faults.is(Fault::empty, now)) sight.usable_bytes = 0;
    if (faults.is(Fault::zero, now)) sight.usable_bytes = sight.total_bytes = 0;
    if (faults.is(Fault::no_number, now)) sight.usable_bytes = std::numeric_limits<double>::quiet_NaN();
    return sight;
  }

 private:
  MemorySight look(const ShedPlant& plant, const Faults& faults, double now, Instant instant) {
    MemorySight sight;
    sight.taken = instant;
    sight.total_bytes = machine_bytes;
    sight.usable_bytes = plant.usable();
    sight.anonymous_bytes = plant.used() - std::floor(300 * mebibyte);
    if (faults.is(Fault::pressed, now)) waited_ += 0.4 * plant.passed();
    sight.waiting_seconds = waited_;
    sight.swap_total_bytes = 1024 * mebibyte;
    sight.swap_free_bytes = (faults.is(Fault::swapped, now) ? 50 : 900) * mebibyte;
    sight.oom_kills = plant.kernel_kills;
    return sight;
  }
  [[nodiscard]] double usable_before(Instant instant) const {
    for (auto it = past_.rbegin(); it != past_.rend(); ++it) {
      if (it->taken <= instant) return it->usable_bytes;
    }
    return past_.front().usable_bytes;
  }

  std::vector<MemorySight> past_{};
  std::optional<MemorySight> frozen_{};
  double waited_ = 0;
};

}  // namespace systemcheck::test
