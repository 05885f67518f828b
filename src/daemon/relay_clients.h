#pragma once

#include <vector>

#include "publish/relay_row.h"
#include "relay/grant.h"

namespace systemcheck {

/// Those who may send, as they are published. Pure.
std::vector<RelayClientRow> client_rows(const std::vector<Grant>& grants, Instant now, WallTime wall_now);

}  // namespace systemcheck
