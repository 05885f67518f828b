#pragma once

#include <array>
#include <cstdint>
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

/// What is said of the relay: who may send because he has just fetched his mail, never who that is.
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
};

/// Its status, and what makes it so: it follows its logs, mail servers can ask, and the maps are current.
void judge_relay(RelayRow& row, Instant now);

}  // namespace systemcheck
