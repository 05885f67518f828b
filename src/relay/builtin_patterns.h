#pragma once

#include <vector>

#include "config/relay_rules.h"

namespace systemcheck {

/// The servers that are known without being told. Those that log no address are among them, to be counted.
const std::vector<LoginPattern>& builtin_patterns();

}  // namespace systemcheck
