#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/units.h"
#include "base/vocabulary.h"
#include "config/notify_rules.h"

// Who may ask by SNMP, and where; and who is told.

namespace systemcheck {

enum class SnmpMode {
  disabled,
  agent,   ///< an agent of its own
  agentx,  ///< below an snmpd that runs already (RFC 2741)
};
template <>
struct Words<SnmpMode> {
  static constexpr int first = 0;
  static constexpr std::array<std::string_view, 3> all{"disabled", "agent", "agentx"};
};

/// What a user of SNMPv3 may do.
enum class SnmpAccess {
  read,
  write,  ///< and set what may be set, where `writable` allows it
};
template <>
struct Words<SnmpAccess> {
  static constexpr int first = 0;
  static constexpr std::array<std::string_view, 2> all{"read", "write"};
};

/// A user of SNMPv3, who authenticates by SHA-256 and asks in private, by AES (RFC 3414, 7860, 3826).
struct SnmpUser {
  std::string name{};
  /// Whose first line is the password to authenticate, the second the one for privacy. Not in the
  /// configuration: that is shown to whoever may ask for it.
  std::string password_file{};
  SnmpAccess may = SnmpAccess::read;

  bool operator==(const SnmpUser&) const = default;
};

/// Sub-identifiers of an object identifier, each 32 bits (RFC 2578, 3.5).
using Oid = std::vector<std::uint32_t>;

struct SnmpConfig {
  SnmpMode mode = SnmpMode::agent;
  /// "udp:127.0.0.1:1161", "udp6:[::1]:1161": addresses as in snmpd(8). Elsewhere than on loopback only users
  /// of SNMPv3 are answered.
  std::vector<std::string> listen{"udp:127.0.0.1:1161"};
  std::string agentx_socket = "/var/agentx/master";
  Duration agentx_ping = std::chrono::seconds{5};  ///< how soon a new snmpd is found
  /// What the module stands below: net-snmp's playground for private use, for want of a number of our own.
  Oid base_oid{1, 3, 6, 1, 4, 1, 8072, 9999, 9999, 2001};
  std::vector<SnmpUser> users{};
  bool is_writable = false;
  NotifyRules notify{};

  bool operator==(const SnmpConfig&) const = default;
};

}  // namespace systemcheck
