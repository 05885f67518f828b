#include "check/probes.h"

#include "base/text.h"

namespace systemcheck {
namespace {

using Kind = ProbeFinding::Kind;

Kind kind_of(const ProbeState& probe) {
  if (probe.last == ProbeClass::slow || probe.last == ProbeClass::busy) return Kind::complains;
  if (!probe.is_failing && probe.is_fatal && probe.consecutive_successes == 0) return Kind::unproven;
  if (!probe.is_failing) return Kind::fine;
  return probe.is_fatal ? Kind::failing : Kind::complains;
}

/// How sure it is that the service itself is at fault.
int certainty(ProbeClass result) {
  switch (result) {
    case ProbeClass::refused:
    case ProbeClass::reset:
    case ProbeClass::bad_banner:
      return 2;
    case ProbeClass::timeout:
      return 1;
    case ProbeClass::ok:
    case ProbeClass::slow:
    case ProbeClass::busy:
    case ProbeClass::unknown:
      break;
  }
  return 0;
}

bool is_worse(Kind kind, const ProbeState& probe, const ProbeFinding& than) {
  if (kind != than.kind) return kind > than.kind;
  return kind != Kind::fine && certainty(probe.last) > certainty(than.result);
}

}  // namespace

ProbeFinding check_probes(std::span<const ProbeState> probes) {
  ProbeFinding worst;
  for (const auto& probe : probes) {
    const auto kind = kind_of(probe);
    if (is_worse(kind, probe, worst)) worst = {kind, probe.last, printable(probe.name + ": " + probe.detail)};
  }
  return worst;
}

}  // namespace systemcheck
