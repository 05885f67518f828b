#pragma once

#include <cstdint>
#include <string>

#include "collect/services.h"
#include "config/config.h"

namespace systemcheck {

/// What one look says of a service. What to do about it is decided elsewhere.
enum class Presence {
  unknown,         ///< the reading failed
  absent,          ///< not installed here
  present,         ///< as configured
  out_of_count,    ///< its main process lives, but there are too few or too many processes
  gone,            ///< no main process
  stale_pid_file,  ///< its main process lives, but the pid file names another one, or nobody
};

struct ServiceFinding {
  Presence presence = Presence::unknown;
  std::string reason{};  ///< one line for people, printable
};

/// Pure.
ServiceFinding check_service(const Service& service, const ServiceProcesses& processes);

}  // namespace systemcheck
