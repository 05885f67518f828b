#pragma once

#include <nlohmann/json.hpp>

#include "publish/relay_row.h"

namespace systemcheck {

/// The relay as the status document shows it: numbers and states, no addresses and no users.
nlohmann::ordered_json relay_json(const RelayRow& row);

}  // namespace systemcheck
