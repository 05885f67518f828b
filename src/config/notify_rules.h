#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/units.h"
#include "base/vocabulary.h"

// What is told by SNMP without being asked, and to whom.

namespace systemcheck {

enum class SinkVersion { v2c, v3 };
template <>
struct Words<SinkVersion> {
  static constexpr int first = 0;
  static constexpr std::array<std::string_view, 2> all{"v2c", "v3"};
};

enum class SinkKind {
  trap,    ///< sent, and that is all
  inform,  ///< sent again until it is acknowledged, a few times
};
template <>
struct Words<SinkKind> {
  static constexpr int first = 0;
  static constexpr std::array<std::string_view, 2> all{"trap", "inform"};
};

/// Somebody who listens for notifications.
struct SnmpSink {
  std::string to{};  ///< "udp:192.0.2.9:162"
  SinkVersion version = SinkVersion::v2c;
  SinkKind kind = SinkKind::trap;
  /// Of v2c: its only line is the community. Not in the configuration, which is shown to whoever may ask.
  std::string community_file{};
  std::string user{};  ///< of v3: one of SnmpConfig::users

  bool operator==(const SnmpSink&) const = default;
};

struct NotifyRules {
  std::vector<SnmpSink> sinks{};
  Duration resend{};              ///< what is still wrong is told again after that; 0: only once
  Duration heartbeat{};           ///< that all of this works is told each time; 0: never
  std::uint32_t per_minute = 60;  ///< what is more is counted, and told as one

  bool operator==(const NotifyRules&) const = default;
};

}  // namespace systemcheck
