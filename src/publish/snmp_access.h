#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "config/snmp_rules.h"

// Who may ask, and what he sees. Without net-snmp.

namespace systemcheck {

/// In the language of snmpd.conf(5). `community` sees, from loopback only, all but who may send mail; users
/// see everything. Below an snmpd that decides itself there is nothing to say.
///
/// Errors: a password file that is not there, that somebody else may read, or that does not hold two lines
/// of 8 to 64 printable characters (RFC 3414, 11.2).
Result<std::vector<std::string>> access_lines(const SnmpConfig& config, const std::string& community);

/// Takes the users away that net-snmp has written to `directory` the last time: those of the configuration
/// are all there are, with the passwords that they have now.
Status forget_users(const std::string& directory);

}  // namespace systemcheck
