#pragma once

#include <nlohmann/json.hpp>

#include "config/config.h"
#include "publish/probe_row.h"

namespace systemcheck {

// By what a service is watched, as both the API and the explanation of a service show it. Pure.

nlohmann::ordered_json policy_json(const RestartPolicy& policy);
nlohmann::ordered_json probe_json(const ProbeState& probe);

}  // namespace systemcheck
