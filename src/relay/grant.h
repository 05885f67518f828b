#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/ip_address.h"
#include "base/units.h"
#include "base/vocabulary.h"

namespace systemcheck {

/// One moment on both clocks. People and lines of a log go by the wall clock, which may be set; a grant ends
/// by the clock that nobody sets and that goes on while the machine is suspended (time_since_boot()).
struct BothClocks {
  Duration since_boot{};
  WallTime wall{};
};

/// Where the line stands that authorised somebody: for `why`.
struct LinePosition {
  std::string source{};  ///< "/var/log/mail.log"
  std::uint64_t offset = 0;

  bool operator==(const LinePosition&) const = default;
};

/// Somebody has authorised an address himself.
struct ByHand {
  std::string who{};
  std::string comment{};
  WallTime until{};

  bool operator==(const ByHand&) const = default;
};

/// Who may send for a while, and why. This is also what outlives the daemon.
struct Grant {
  IpNetwork network{};    ///< one address, or a /64
  WallTime expires_on{};  ///< what mail servers are told
  WallTime first{};       ///< by the time of the lines
  WallTime last{};        ///< the newest login; that of the first moment if it was authorised by hand only
  std::uint64_t logins = 0;
  std::vector<std::string> users{};  ///< no more than RelayLimits::users_per_address
  std::string pattern{};             ///< of the newest login, as is `place`
  LinePosition place{};
  std::optional<ByHand> by_hand{};

  bool operator==(const Grant&) const = default;
};

/// Why somebody is not authorised.
enum class Refusal {
  never,
  own_address,
  unspecified,
  multicast,
  table_full,
  user_has_too_many_addresses,
  too_many_new_per_minute,
  expired_already,
  in_the_future,
};
template <>
struct Words<Refusal> {
  static constexpr int first = 0;
  static constexpr std::array<std::string_view, 9> all{"never",
                                                       "own_address",
                                                       "unspecified",
                                                       "multicast",
                                                       "table_full",
                                                       "user_has_too_many_addresses",
                                                       "too_many_new_per_minute",
                                                       "expired_already",
                                                       "in_the_future"};
};

/// What came of a login.
struct RelayDecision {
  enum class Kind { granted, refreshed, refused };

  Kind kind = Kind::refused;
  std::optional<Refusal> reason{};  ///< of what was refused
  bool became_shared = false;       ///< now so many users log in from there that it is no longer one of them

  bool operator==(const RelayDecision&) const = default;
};

/// An address that mail servers have to be told of.
struct MapChange {
  IpNetwork network{};
  std::optional<WallTime> expires_on{};  ///< none: it is gone

  bool operator==(const MapChange&) const = default;
};

}  // namespace systemcheck
