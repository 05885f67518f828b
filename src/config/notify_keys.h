#pragma once

#include <string>

#include "config/notify_rules.h"
#include "config/section.h"

namespace systemcheck {

/// The map behind `snmp.notify`.
NotifyRules read_notify_rules(Section section);

/// The same as it is written, below "snmp:".
std::string notify_rules_yaml(const NotifyRules& rules);

}  // namespace systemcheck
