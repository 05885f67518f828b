#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "base/vocabulary.h"
#include "publish/oids.h"

// What may be set by SNMP. Nobody waits for what comes of it: the result is in scServiceLastResult, and in
// the history.

namespace systemcheck {

/// What scServiceCommand is set to; it always reads none.
enum class SnmpCommand { none, restart, start, stop, clear, release };
template <>
struct Words<SnmpCommand> {
  static constexpr int first = 0;
  static constexpr std::array<std::string_view, 6> all{"none", "restart", "start",
                                                       "stop", "clear",   "release"};
};

/// For one service; with a time: maintenance until then. Or, with a mode, for what is done for want of
/// memory.
struct SnmpOrder {
  SnmpCommand command = SnmpCommand::none;
  std::string service{};
  std::optional<WallTime> maintenance_until{};
  std::optional<Mode> shed_mode{};
  std::string asked_by{};  ///< "noc from 192.0.2.7:4711", "snmpd"
};

/// The errors of a SET that depend on what is set (RFC 3416, 4.2.5).
enum class SetProblem { not_writable, no_creation, wrong_type, wrong_length, wrong_value, inconsistent };

/// The number that scSetLock is believed to have (TestAndIncr, RFC 2579): checked last of all.
struct LockTest {
  std::int32_t expected = 0;
};

/// Nothing to be done: it was set to what it is.
struct NoChange {};

using SetVerdict = std::variant<SetProblem, NoChange, LockTest, SnmpOrder>;

/// What setting the instance at `place` to `value` would mean. Pure.
SetVerdict judge_set(const OidTable& table, OidTable::Place place, const SnmpValue& value, WallTime now);

}  // namespace systemcheck
