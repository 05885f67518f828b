#pragma once

#include <optional>
#include <string>

#include "base/units.h"
#include "decide/ownership.h"

namespace systemcheck {

/// That somebody holds a service, for whoever reads it.
struct HoldRow {
  Owner by = Owner::admin;
  ClaimOrigin origin = ClaimOrigin::asked;
  std::string reason{};
  std::string asked_by{};  ///< "root", "uid 1000"; empty: nobody in particular
  WallTime since{};
  std::optional<WallTime> until{};  ///< nullopt: until it is released
  Duration remaining{};             ///< until then, when this was published
};

}  // namespace systemcheck
