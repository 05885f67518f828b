#include "probe/count.h"

#include "base/text.h"

namespace systemcheck {

ProbeState count_verdict(const Probe& probe, ProbeState state, const Verdict& verdict, Counting counting,
                         WallTime wall_now) {
  if (verdict.result == ProbeClass::unknown) {
    // A failure that is known stays one: `last` must go on to say what it is.
    if (!state.is_failing) state.last = ProbeClass::unknown;
    state.detail = printable(verdict.detail);
    return state;
  }
  if (state.last != verdict.result) state.since = wall_now;
  state.last = verdict.result;
  state.detail = printable(verdict.detail);
  state.last_duration = verdict.took;
  if (verdict.expires_at) state.expires_at = verdict.expires_at;
  if (is_failure(verdict.result)) {
    if (counting == Counting::not_yet) return state;
    state.consecutive_successes = 0;
    ++state.consecutive_failures;
    state.is_failing = state.is_failing || state.consecutive_failures >= probe.failures;
    return state;
  }
  // Busy is an answer, too: what says so is alive.
  ++state.consecutive_successes;
  state.consecutive_failures = 0;
  state.is_failing = state.is_failing && state.consecutive_successes < probe.successes;
  return state;
}

}  // namespace systemcheck
