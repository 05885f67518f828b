#pragma once

#include <vector>

#include "base/ip_address.h"

namespace systemcheck {

/// All addresses of all interfaces, getifaddrs(3). Empty if the kernel does not tell.
std::vector<IpAddress> own_addresses();

}  // namespace systemcheck
