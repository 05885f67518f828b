#pragma once

#include "base/result.h"

namespace systemcheck {

// What keeps the daemon able to act when memory is all but gone. Neither is handed down to what it starts.

/// Keeps the pages that are in use in memory, and those that will be: mlockall(2) with MCL_ONFAULT, which
/// does not count what is only reserved (thread stacks, arenas) before it is touched. Refused without
/// CAP_IPC_LOCK where RLIMIT_MEMLOCK is a limit: that one counts all that is reserved, and at the brink
/// malloc would fail.
Status lock_own_memory();

/// -1000 to 1000, lower is spared longer: /proc/PID/oom_score_adj, proc(5). Lowering it takes
/// CAP_SYS_RESOURCE; one that is lower already stays.
Status spare_from_oom_killer(int adjustment);

/// Raises the soft limit of open files, which is low only for the sake of select(2), as far as the hard one
/// allows. What we start gets limits of its own.
void allow_many_descriptors();

}  // namespace systemcheck
