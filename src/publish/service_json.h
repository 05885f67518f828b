#pragma once

#include <nlohmann/json.hpp>

#include "publish/view.h"

namespace systemcheck {

/// One service and all of them, as they stand in the status document. Pure.
nlohmann::ordered_json service_json(const ServiceRow& row);
nlohmann::ordered_json services_json(const View& view);

}  // namespace systemcheck
