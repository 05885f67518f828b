#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/units.h"
#include "base/vocabulary.h"

namespace systemcheck {

/// Where a claim comes from. What somebody asked for must not end with a window that happens to begin in it.
enum class ClaimOrigin {
  asked,   ///< by command
  window,  ///< of the configuration
  file,    ///< in the hold directory
  own,     ///< a decision of ours
};
template <>
struct Words<ClaimOrigin> {
  static constexpr int first = 0;
  static constexpr std::array<std::string_view, 4> all{"asked", "window", "file", "own"};
};

/// That somebody other than systemcheck decides whether a service runs.
struct Claim {
  Owner owner = Owner::admin;
  ClaimOrigin origin = ClaimOrigin::asked;
  std::string reason{};    ///< one line for people
  std::string asked_by{};  ///< "root", "uid 1000"; empty: seen, not asked for
  Instant since{};
  std::optional<Instant> until{};     ///< nullopt: until it is released
  std::optional<WallTime> ends_at{};  ///< the same end on the clock that people see, where they gave one
};

/// Who owns the desired state of one service: one claim an owner and origin, each with its own end. The
/// highest that stands wins (Owner, first is highest), of several of one owner the one that ends last; when
/// it ends, the next one stands. Pure.
class Claims {
 public:
  /// A second claim of the same owner and origin replaces the first, but keeps since when. Maintenance
  /// without an end is given the longest one.
  void put(Claim claim);
  void release(Owner owner);
  void release(Owner owner, ClaimOrigin origin);
  /// Forgets what has ended.
  void expire(Instant now);
  /// An end on people's clock comes also when the machine has slept, or when the clock was set forward. One
  /// that was set back makes no claim longer.
  void keep_to_clock(Instant now, WallTime wall_now);

  /// The highest that has not ended; null when it is ours alone.
  [[nodiscard]] const Claim* standing(Instant now) const;
  /// Null where there is none.
  [[nodiscard]] const Claim* find(Owner owner, ClaimOrigin origin) const;
  [[nodiscard]] const std::vector<Claim>& all() const { return claims_; }
  /// When the next one ends by itself.
  [[nodiscard]] std::optional<Instant> next_end(Instant now) const;

 private:
  std::vector<Claim> claims_{};  ///< highest first
};

/// "maintenance until 2026-11-22T18:20:00Z, asked for by root: new disks".
std::string claim_words(const Claim& claim);

inline constexpr Duration maintenance_max = std::chrono::hours{24 * 7};

/// The reason under which a restart is withheld for this owner.
Suppressed suppressed_by(Owner owner);

}  // namespace systemcheck
