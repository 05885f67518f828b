#pragma once

#include <cstdint>
#include <vector>

#include "config/files.h"

namespace systemcheck {

/// 48 bits that change with the effective configuration: they fit a double without loss.
std::uint64_t config_hash(const Config& config);

/// Of expressions of the relay that are well written, and may not be used; without a place in a file.
std::vector<Problem> find_pattern_problems(const Config& config);

}  // namespace systemcheck
