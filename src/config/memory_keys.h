#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/memory_rules.h"
#include "config/section.h"

namespace systemcheck {

/// The map behind `memory`.
MemoryRules read_memory_rules(Section section);

/// The keys of memory.shed and their values as they are written, in the order in which they are shown;
/// `protect`, a list, comes after them.
std::vector<std::pair<std::string_view, std::string>> memory_rule_lines(const MemoryRules& rules);

}  // namespace systemcheck
