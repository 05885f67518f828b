#pragma once

#include "publish/oids.h"

struct variable_list;  // netsnmp_variable_list

namespace systemcheck {

/// What goes over the wire for a value of ours, in a varbind of net-snmp's.
void write_value(variable_list* varbind, const SnmpValue& value);

}  // namespace systemcheck
