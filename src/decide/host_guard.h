#pragma once

#include <cstddef>
#include <deque>
#include <map>
#include <optional>
#include <string>

#include "base/units.h"
#include "config/config.h"

namespace systemcheck {

/// Why no service of this machine may be restarted now.
struct HostVerdict {
  std::optional<Instant> until{};  ///< nullopt: it may
  std::string reason{};            ///< one line for people
};

/// Watches the restarts of the whole machine: a restart for each of many failures at once, or one after
/// the other without end, makes a sick machine worse. Pure: it is told the time.
class HostGuard {
 public:
  /// Deaths this close to each other, of services that are still down, have one cause.
  static constexpr Duration together = std::chrono::seconds{30};
  /// Fewer services that died say nothing about the machine.
  static constexpr std::size_t deaths_min = 4;
  /// As many restarts as any configuration may allow are remembered, for as long as it may count them.
  static constexpr std::size_t restarts_remembered = 1000;
  static constexpr Duration remembered_for = std::chrono::hours{24};

  void note_death(const std::string& service, Instant now);
  /// What is back already was no sign of a sick machine.
  void note_recovery(const std::string& service) { deaths_.erase(service); }
  /// It counts from the moment in which it is ordered: nothing else may be begun with what it takes.
  void note_restart(Instant now);
  /// What was ordered then was forbidden before anything was tried: it has used nothing.
  void take_back_restart(Instant ordered);
  /// Those that may still count, the oldest first.
  [[nodiscard]] const std::deque<Instant>& restarts() const { return restarts_; }

  /// `watched`: how many services run here, those that have just died among them.
  [[nodiscard]] HostVerdict decide(const HostLimit& limit, std::size_t watched, Instant now) const;

 private:
  std::deque<Instant> restarts_{};
  std::map<std::string, Instant> deaths_{};
};

}  // namespace systemcheck
