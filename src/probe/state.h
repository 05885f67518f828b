#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/units.h"
#include "base/vocabulary.h"

namespace systemcheck {

/// How one probe of a service stands.
struct ProbeState {
  std::string name{};
  ProbeClass last = ProbeClass::unknown;
  WallTime since{};  ///< of `last`
  std::uint32_t consecutive_failures = 0;
  std::uint32_t consecutive_successes = 0;
  Duration last_duration{};
  std::string detail{};  ///< printable
  std::optional<WallTime> expires_at{};
  bool is_fatal = true;
  bool is_failing = false;  ///< as often in a row as it takes
};

}  // namespace systemcheck
