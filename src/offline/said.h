#pragma once

#include <optional>
#include <string>

#include "decide/past.h"

namespace systemcheck {

/// What was decided of a service at a moment at which it was anything new.
struct Said {
  WallTime at{};
  Instant instant{};
  std::int64_t run = 0;  ///< as in Recorded
  ServiceState state = ServiceState::unknown;
  bool is_restart = false;
  std::uint32_t attempt = 0;
  std::optional<Suppressed> withheld{};
  std::string reason{};
  std::optional<WallTime> until{};  ///< then it is decided anew
  std::string taken{};              ///< what is taken to have come of an order that was not given
  bool is_after_end = false;        ///< nothing is recorded of that time any more
};

/// Whether both say the same, whatever their words.
inline bool is_same_decision(const Said& one, const Said& other) {
  return one.state == other.state && one.is_restart == other.is_restart && one.withheld == other.withheld;
}

}  // namespace systemcheck
