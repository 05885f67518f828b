#include "publish/snmp_varbind.h"

// This order matters to net-snmp.
#include <net-snmp/net-snmp-config.h>
//
#include <net-snmp/net-snmp-includes.h>

namespace systemcheck {

void write_value(variable_list* varbind, const SnmpValue& value) {
  const auto write_number = [&](u_char type) {
    snmp_set_var_typed_integer(varbind, type, static_cast<long>(value.number));
  };
  switch (value.type) {
    case SnmpType::integer:
      return write_number(ASN_INTEGER);
    case SnmpType::unsigned32:
    case SnmpType::gauge:  // The same on the wire (RFC 2578, 7.1.11).
      return write_number(ASN_GAUGE);
    case SnmpType::counter32:
      return write_number(ASN_COUNTER);
    case SnmpType::counter64: {
      const auto number = static_cast<std::uint64_t>(value.number);
      const counter64 halves{.high = number >> 32, .low = number & 0xffff'ffffU};
      snmp_set_var_typed_value(varbind, ASN_COUNTER64, &halves, sizeof halves);
      return;
    }
    case SnmpType::time_ticks:
      return write_number(ASN_TIMETICKS);
    case SnmpType::octets:
      snmp_set_var_typed_value(varbind, ASN_OCTET_STR, value.octets.data(), value.octets.size());
  }
}

}  // namespace systemcheck
