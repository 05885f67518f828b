#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/identity.h"
#include "base/result.h"
#include "os/host.h"

namespace systemcheck {

// What a service would give back if it ended: memory behind which there is no file, each shared page counted
// once. Resident memory says several times as much of a service whose workers share what their parent made.

inline constexpr std::size_t measured_processes_max = 256;

/// "anon" and "shmem" of a control group's memory.stat (Documentation/admin-guide/cgroup-v2.rst), in bytes.
Result<std::uint64_t> parse_control_group_footprint(std::string_view memory_stat);
/// Pss_Anon of /proc/PID/smaps_rollup, proc(5), in bytes.
Result<std::uint64_t> parse_process_footprint(std::string_view smaps_rollup);

/// In bytes. From the control group where it has a memory controller, else from the processes, of which more
/// than `measured_processes_max` are taken to be like those. Costs milliseconds a process: the kernel walks
/// all its pages. An error where not one of them could be measured.
Result<std::uint64_t> read_footprint(Host& host, const std::string& control_group,
                                     std::span<const ProcessIdentity> members);

}  // namespace systemcheck
