#pragma once

#include <nlohmann/json.hpp>

#include "publish/hold_row.h"

namespace systemcheck {

/// A hold as both the status and the explanation of a service show it.
nlohmann::ordered_json hold_json(const HoldRow& hold);

}  // namespace systemcheck
