#pragma once

#include <string>

#include "config/config.h"
#include "os/host.h"

namespace systemcheck {

/// Whether a service is there to be run at all, and as which unit.
struct Installation {
  bool is_installed = false;
  std::string unit{};         ///< the first candidate that is there, by its real name; empty: none
  std::string init_script{};  ///< the first that is there, where systemd is not; empty: none
};

Installation look_for(Host& host, const Service& service);

}  // namespace systemcheck
