#pragma once

#include <string>

#include "config/config.h"
#include "os/host.h"

namespace systemcheck {

/// Whether a service is there to be run at all, and as which unit.
struct Installation {
  bool is_installed = false;
  std::string unit{};  ///< of the candidates that are there the first that starts with the machine, else
                       ///< the first, by its real name; empty: none
  std::string init_script{};  ///< the first that is there, where systemd is not; empty: none
};

/// `last_unit` is the one that has run it, as far as is known: as long as it is there it goes on being that.
Installation look_for(Host& host, const Service& service, const std::string& last_unit = {});

}  // namespace systemcheck
