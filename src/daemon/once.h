#pragma once

#include "daemon/daemon.h"
#include "os/board.h"
#include "os/event_loop.h"

namespace systemcheck {

/// The same configuration, in which nothing acts.
Config only_observing(Config config);

/// Runs one cycle, prints the exposition of what it saw to standard output, and returns the program's
/// exit code. Nothing is acted upon.
int print_once(Daemon& daemon, Config config, EventLoop& loop, const Board<View>& board);

}  // namespace systemcheck
