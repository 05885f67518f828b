#pragma once

#include <linux/filter.h>
#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/process_end.h"

// The language of the kernel's process connector, <linux/cn_proc.h>: netlink messages that tell of every
// fork, exec and exit of the machine. Pure.

namespace systemcheck {

/// The first thread of a process has exited. That is the end of the process, but for programs whose first
/// thread leaves before the others.
struct ExitNotice {
  pid_t pid = 0;
  ProcessEnd end{};
};

/// What became of a request.
struct ConnectorAnswer {
  std::uint32_t request = 0;  ///< the number that it bore
  int error_number = 0;       ///< errno(3), 0: granted
};

/// None of both: not well-formed, or about something else.
struct NoNotice {};

using ConnectorMessage = std::variant<NoNotice, ExitNotice, ConnectorAnswer>;

/// Of one datagram that the kernel has sent: who sent it the message itself does not tell.
ConnectorMessage parse_connector_message(std::string_view datagram);

enum class Listening { begin, end };
/// The request to tell, or to tell no more, from the process `sender`. Its answer bears `number`.
std::string connector_request(Listening listening, std::uint32_t number, pid_t sender);

/// So many processes a filter can name: BPF_MAXINSNS, and two instructions each.
inline constexpr std::size_t filtered_processes_max = 1024;

/// A program for SO_ATTACH_FILTER, socket(7), that lets answers through, and the exits of the first threads
/// of these processes: whatever else happens on the machine does not even wake us. Where there are too many
/// to be named the exits of all first threads pass.
std::vector<sock_filter> exit_filter(std::span<const pid_t> processes);

}  // namespace systemcheck
