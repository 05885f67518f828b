#pragma once

#include <nlohmann/json.hpp>

#include "publish/shed_row.h"

namespace systemcheck {

/// The shortage of memory as the status document shows it. Services in the order in which they would be
/// turned off.
nlohmann::ordered_json shed_json(const ShedRow& row);

}  // namespace systemcheck
