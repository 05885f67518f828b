#pragma once

#include <sys/types.h>

#include <string_view>

namespace systemcheck {

/// Whether a line of /proc/PID/stat is that of a living member of a process group; zombies do not live.
bool is_living_member(std::string_view stat, pid_t group);

/// Looks through all processes, which takes its time where there are thousands: not for the main thread.
bool read_has_living_members(pid_t group);

}  // namespace systemcheck
