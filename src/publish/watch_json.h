#pragma once

#include <nlohmann/json.hpp>

#include "config/config.h"
#include "publish/view.h"

namespace systemcheck {

// By what a service is watched and what happens next to it, as both the API and the explanation of a service
// show it. Pure.

nlohmann::ordered_json policy_json(const RestartPolicy& policy);
nlohmann::ordered_json probe_json(const ProbeState& probe);
nlohmann::ordered_json next_json(const View& view, const ServiceRow& row);

}  // namespace systemcheck
