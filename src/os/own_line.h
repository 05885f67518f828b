#pragma once

#include <sys/types.h>

#include <vector>

namespace systemcheck {

/// This process, its parent, and so on up to the first that can be seen: PPid of /proc/PID/status, proc(5).
std::vector<pid_t> own_line();

}  // namespace systemcheck
