#pragma once

#include <string>

#include "config/section.h"
#include "config/snmp_rules.h"

namespace systemcheck {

/// The map behind `snmp`.
SnmpConfig read_snmp_config(Section section);

/// The same as it is written, from "snmp:" on.
std::string snmp_config_yaml(const SnmpConfig& config);

}  // namespace systemcheck
