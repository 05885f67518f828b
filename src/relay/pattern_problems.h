#pragma once

#include <string>
#include <vector>

#include "config/relay_rules.h"

namespace systemcheck {

/// Who wrote a pattern: ours have been tried on the logs of real servers, and some know of no address.
enum class PatternSource { built_in, configuration };

/// What is wrong with how it is written; its expressions and examples are not tried yet. Without its name.
std::vector<std::string> problems_of(const LoginPattern& pattern, PatternSource source);

}  // namespace systemcheck
