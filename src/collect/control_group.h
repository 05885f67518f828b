#pragma once

#include <string_view>

namespace systemcheck {

/// The path in /proc/PID/cgroup that says which unit a process belongs to: that of the unified
/// hierarchy, or systemd's own where the unified one is empty (hybrid, version 1). Points into `text`;
/// empty when there is neither.
std::string_view parse_control_group(std::string_view text);

/// The system manager's service above a control group: "ssh.service" of "/system.slice/ssh.service",
/// and of whatever that service delegated below itself. "user@1000.service" of all that a user's own
/// manager runs, whatever he calls it. Empty where there is none.
std::string_view unit_of(std::string_view control_group);

/// Whether a container's runtime made it: what runs in there is another machine's.
bool is_containers(std::string_view control_group);

}  // namespace systemcheck
