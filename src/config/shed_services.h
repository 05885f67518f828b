#pragma once

#include "config/config.h"
#include "config/section.h"

namespace systemcheck {

/// The map behind `shed` of one service.
void read_shed_priority(Section& section, Service& service);

/// When all is read: what may be turned off can be started again, and is none of what is protected.
void check_shed_services(Section services, const Config& config);

}  // namespace systemcheck
