#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/vocabulary.h"
#include "config/relay_rules.h"
#include "relay/log_source.h"
#include "relay/login_reader.h"
#include "relay/relay_publisher.h"
#include "relay/relay_table.h"

namespace systemcheck {

/// What is said of one log that logins are read from. All counters start at zero with the daemon.
struct RelayLogRow {
  std::string name{};  ///< its path, or "journal"
  RelayLog::Kind kind = RelayLog::Kind::file;
  bool is_trusted = true;  ///< false: nobody knows who wrote a line, and lines count for nothing
  SourceStatus source{};
  std::array<std::uint64_t, Words<LineVerdict>::all.size()> lines{};  ///< by what became of them
};

/// Under this name the relay stands among the services.
inline constexpr std::string_view relay_service_name = "poprelay";

/// Somebody who may send, for those few who may ask who that is.
struct RelayClientRow {
  std::string network{};  ///< "192.0.2.1", "2001:db8::/64"
  std::string user{};     ///< "alice and 2 others"
  Instant ends{};
  std::uint64_t logins = 0;
};
inline constexpr std::size_t relay_clients_max = 1024;

/// What is said of the relay: how many may send because they have just fetched their mail.
struct RelayRow {
  CheckStatus status = CheckStatus::unknown;
  std::string words{};  ///< for people, one line
  WallTime status_since{};
  Instant status_since_instant{};
  bool is_ready = false;  ///< false: logs are still being caught up with, and nobody new is told no
  std::uint64_t grants = 0;
  std::uint64_t grants_max = 0;
  std::uint64_t users = 0;
  std::uint64_t shared_addresses = 0;
  RelayCounts counts{};
  std::vector<RelayLogRow> logs{};
  std::vector<RelayPublisher::Socket> sockets{};
  std::vector<MapWriter::State> files{};
  /// The first relay_clients_max of them, as they were in the last cycle. Null: there is nobody who may see
  /// them. It is shared by all views of a cycle, and goes nowhere but to users of SNMPv3.
  std::shared_ptr<const std::vector<RelayClientRow>> clients{};
};

/// Its status, and what makes it so: it follows its logs, mail servers can ask, and the maps are current.
void judge_relay(RelayRow& row, Instant now);

}  // namespace systemcheck
