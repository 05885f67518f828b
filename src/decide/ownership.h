#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/units.h"
#include "base/vocabulary.h"

namespace systemcheck {

/// That somebody other than systemcheck decides whether a service runs.
struct Claim {
  Owner owner = Owner::admin;
  std::string reason{};    ///< one line for people
  std::string asked_by{};  ///< "root", "uid 1000"; empty: seen, not asked for
  Instant since{};
  std::optional<Instant> until{};  ///< nullopt: until it is released
};

/// Who owns the desired state of one service: one claim an owner, each with its own end. The highest that
/// stands wins (Owner, first is highest); when it ends, the next one stands. Pure.
class Claims {
 public:
  /// A second claim of the same owner replaces the first, but keeps since when. Maintenance without an end
  /// is given the longest one.
  void put(Claim claim);
  void release(Owner owner);
  /// Forgets what has ended.
  void expire(Instant now);

  /// The highest that has not ended; null when it is ours alone.
  [[nodiscard]] const Claim* standing(Instant now) const;
  [[nodiscard]] const std::vector<Claim>& all() const { return claims_; }
  /// When the next one ends by itself.
  [[nodiscard]] std::optional<Instant> next_end(Instant now) const;

 private:
  std::vector<Claim> claims_{};  ///< highest first
};

inline constexpr Duration maintenance_max = std::chrono::hours{24 * 7};

/// The reason under which a restart is withheld for this owner.
Suppressed suppressed_by(Owner owner);

}  // namespace systemcheck
