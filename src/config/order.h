#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/config.h"
#include "config/section.h"

namespace systemcheck {

/// Fills in whom each service comes after: what a user wrote, else what its preset says of other presets.
/// A name that is no service, and a circle, are problems. `services` is the section they were read from.
void resolve_order(Section services, Config& config);

std::vector<std::string_view> names_of(const std::vector<Service>& services);
/// One of these names; an error tells which was perhaps meant.
Result<std::string> parse_known_service(std::string_view text, std::span<const std::string_view> names);

/// The places of all services, each behind those that it comes after.
std::vector<std::size_t> ordered(const std::vector<Service>& services);

}  // namespace systemcheck
