#pragma once

#include "config/probe.h"
#include "probe/state.h"
#include "probe/verdict.h"

namespace systemcheck {

/// Whether failures count already: a service that starts may take its time to answer.
enum class Counting { not_yet, yes };

/// How the probe stands after this verdict. Pure.
ProbeState count_verdict(const Probe& probe, ProbeState state, const Verdict& verdict, Counting counting,
                         WallTime wall_now);

/// An answer that is right in itself, in time or not.
[[nodiscard]] constexpr bool is_success(ProbeClass result) {
  return result == ProbeClass::ok || result == ProbeClass::slow;
}

/// Says that the service fails: "busy" does not, nor does what we could not ask.
[[nodiscard]] constexpr bool is_failure(ProbeClass result) {
  return !is_success(result) && result != ProbeClass::busy && result != ProbeClass::unknown;
}

}  // namespace systemcheck
