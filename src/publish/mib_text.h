#pragma once

#include <string>
#include <string_view>

#include "config/snmp_rules.h"

namespace systemcheck {

/// mibs/SYSTEMCHECK-MIB.txt, as it was when the program was built.
std::string_view mib_as_shipped();

/// The module with `base` in the place of the number that it is shipped with.
std::string mib_text(const Oid& base);

}  // namespace systemcheck
