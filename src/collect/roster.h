#pragma once

#include "collect/cpu.h"
#include "collect/disks.h"
#include "collect/facts.h"
#include "collect/hold_files.h"
#include "collect/kill_switch.h"
#include "collect/load.h"
#include "collect/memory.h"
#include "collect/package_transaction.h"
#include "collect/pressure.h"
#include "collect/processes.h"
#include "collect/self.h"

namespace systemcheck {

/// Everything gathered each cycle, in this order. To add a subject, write its pair of files and
/// name it here: metrics, duration and success follow by themselves. The disks are last: for them a child
/// process is forked, and while it lives each page that we write to is copied first.
using Roster =
    Facts<Load, Cpu, Memory, Pressure, Processes, PackageTransaction, KillSwitch, HoldFiles, Self, Disks>;

}  // namespace systemcheck
