#pragma once

#include <cstddef>
#include <vector>

#include "config/config.h"
#include "config/section.h"

namespace systemcheck {

/// Fills in whom each service comes after: what a user wrote, else what its preset says of other presets.
/// A name that is no service, and a circle, are problems. `services` is the section they were read from.
void resolve_order(Section services, Config& config);

/// The places of all services, each behind those that it comes after.
std::vector<std::size_t> ordered(const std::vector<Service>& services);

}  // namespace systemcheck
