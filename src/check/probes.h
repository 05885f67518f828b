#pragma once

#include <span>
#include <string>

#include "probe/state.h"

namespace systemcheck {

/// What the probes of a service say of it together.
struct ProbeFinding {
  enum class Kind {
    fine,
    unproven,   ///< a fatal probe has had no good answer since the start, or lately
    complains,  ///< a probe that is not fatal fails, or the answers are slow or say "busy"
    failing,    ///< a fatal probe fails
  };

  Kind kind = Kind::fine;
  /// Of the probe that makes it so. A timeout may be overload; refused, reset and bad_banner are not.
  ProbeClass result = ProbeClass::ok;
  std::string reason{};  ///< one line for people, printable
};

/// Pure. The worst counts; what is sure (refused) before what may pass (timeout).
ProbeFinding check_probes(std::span<const ProbeState> probes);

}  // namespace systemcheck
