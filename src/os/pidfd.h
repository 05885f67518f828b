#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/identity.h"
#include "base/process_end.h"
#include "base/result.h"
#include "os/descriptor.h"

namespace systemcheck {

/// Field 22 of a line of /proc/PID/stat: when the process started, in clock ticks since boot.
Result<std::uint64_t> parse_start_ticks(std::string_view stat);
/// The same of a living process (or zombie). An error of kind not_found if there is none.
Result<std::uint64_t> read_start_ticks(pid_t process);

/// A pidfd of that very process. An error of kind not_found if it is gone, a zombie, or somebody else
/// by now. Works for processes that are not our children.
Result<Descriptor> open_process(ProcessIdentity process);
/// Whether the process behind a pidfd has ended: all its threads, reaped or not.
bool has_ended(const Descriptor& pidfd);
/// Field 52 of a line of /proc/PID/stat, if it is that of a zombie.
std::optional<ProcessEnd> parse_zombies_end(std::string_view stat);
/// How the process behind a pidfd ended: of a zombie always, of one that was reaped from Linux 6.15 on.
std::optional<ProcessEnd> read_end(const Descriptor& pidfd, ProcessIdentity process);
/// An error of kind not_found if it has ended.
Status signal_process(const Descriptor& pidfd, int signal);

}  // namespace systemcheck
