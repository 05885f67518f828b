#pragma once

#include "base/result.h"
#include "os/host.h"

namespace systemcheck {

/// The file in which init(8) says which runlevel it has begun, utmp(5).
inline constexpr const char* utmp_path = "/run/utmp";

/// The runlevel, a digit or 'S'. An error where there is none, or where the file is cut or is no such file:
/// that says nothing. Few can write it (root, and the group utmp), and it can keep services from being
/// restarted, but not have them touched.
Result<char> read_runlevel(Host& host);

/// Halt and reboot: init has begun to stop everything.
constexpr bool is_for_stopping(char runlevel) { return runlevel == '0' || runlevel == '6'; }

}  // namespace systemcheck
