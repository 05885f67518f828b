#pragma once

#include <string>
#include <string_view>
#include <vector>

// Values as every reader of YAML takes them for just these.

namespace systemcheck {

/// Without quotes where that is safe.
std::string yaml_scalar(std::string_view text);
/// "[one, two]"
std::string yaml_list(const std::vector<std::string>& items);

}  // namespace systemcheck
