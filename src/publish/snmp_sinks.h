#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "config/snmp_rules.h"

// Who is told. Without net-snmp.

namespace systemcheck {

/// In the language of snmpd.conf(5): a session for each. The users of v3 are those who may ask, and have been
/// named before. Below an snmpd that has its own there is nothing to say.
///
/// Errors: a community's file that is not there, that somebody else may read, or that is no single word.
Result<std::vector<std::string>> sink_lines(const SnmpConfig& config);

}  // namespace systemcheck
