#pragma once

#include "config/config.h"
#include "config/section.h"

namespace systemcheck {

/// What stands for every service there is; no service and no group may be called so.
inline constexpr std::string_view everything = "all";

/// Reads the groups, whose members are services that are listed or discovered. Without one called "mail" the
/// mail servers among the presets are that. `top` is the whole configuration.
void resolve_groups(Section& top, Config& config, Problems& problems);

/// The services that a name means: that service, the members of that group, or all of them; none where it is
/// no name of anything.
std::vector<std::string> services_called(const Config& config, std::string_view name);
/// Whether this service is one of them.
bool is_called(const Config& config, std::string_view service, std::string_view name);

}  // namespace systemcheck
