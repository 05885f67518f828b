#pragma once

#include "decide/host_guard.h"
#include "decide/restarts.h"

namespace systemcheck {

/// What a decision is made by besides the situation of its service.
struct MachineRules {
  const Service& service;
  const RestartPolicy& policy;
  HostGuard& guard;
  std::size_t watched = 0;  ///< how many services run here
};

/// decide_restart() under the limit of the machine. A death that is ours to undo is told to the guard before
/// it is asked. Fills in `situation.host`.
RestartChoice decide_on_machine(const MachineRules& rules, const RestartMemo& memo,
                                RestartSituation& situation, Instant now);
/// Tells the guard of a death without deciding anything yet, so that of many that happen together the first
/// is not taken for a single one.
void note_death_on_machine(const MachineRules& rules, const RestartMemo& memo, RestartSituation& situation,
                           Instant now);

}  // namespace systemcheck
