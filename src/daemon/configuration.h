#pragma once

#include <cstdint>

#include "config/files.h"

namespace systemcheck {

/// 48 bits that change with the effective configuration: they fit a double without loss.
std::uint64_t config_hash(const Config& config);

}  // namespace systemcheck
