#pragma once

#include <string>

#include "config/relay_rules.h"
#include "config/section.h"

namespace systemcheck {

/// The map behind `relay`.
RelayRules read_relay_rules(Section section);

/// The same as it is written, from "relay:" on.
std::string relay_rules_yaml(const RelayRules& rules);

}  // namespace systemcheck
