#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/identity.h"
#include "collect/processes.h"
#include "collect/service_rule.h"
#include "collect/services.h"
#include "os/host.h"

namespace systemcheck {

struct PidFile {
  std::optional<ProcessIdentity> process{};  ///< only where it can be believed
  std::string note{};                        ///< why not, for people; empty without a file
  std::optional<PidFileMisfit> misfit{};     ///< why not, where there is a number in it
};

/// One that is not to be believed: "the pid file names 4711, which is not running".
PidFile misfitting(Misfit kind, pid_t pid, std::string_view why);

/// A pid file is a hint that may be years old: the kernel gives the number to somebody else. It is
/// believed if a living process has that number, started before the file was written, and looks as the
/// service's main process should.
PidFile read_pid_file(Host& host, const ServiceRule& rule, const Processes& table);

/// The number in it, believed or not.
std::optional<pid_t> read_pid_file_number(Host& host, const std::string& path);

/// "4711\n", or the first line of several.
std::optional<pid_t> parse_pid(std::string_view text);

}  // namespace systemcheck
