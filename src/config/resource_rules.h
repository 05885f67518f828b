#pragma once

#include <string>
#include <vector>

#include "config/config.h"
#include "config/section.h"

namespace systemcheck {

/// The list of maps behind `rules` of one service.
void read_resource_rules(Section& service, std::vector<ResourceRule>& into);

/// One of them as it is written: "{memory_above: 800MiB, cycles: {failed: 5, of: 10}, action: restart}".
std::string resource_rule_yaml(const ResourceRule& rule);
/// For people: "memory above 800.0 MiB".
std::string resource_rule_words(const ResourceRule& rule);

}  // namespace systemcheck
