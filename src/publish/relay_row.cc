#include "publish/relay_row.h"

#include <fmt/core.h>

#include <algorithm>

namespace systemcheck {
namespace {

/// A map that is behind for longer is not current: mail servers give up after half a minute.
constexpr Duration map_patience = std::chrono::seconds{30};

struct Finding {
  CheckStatus status = CheckStatus::ok;
  std::string words{};
};

/// A reason mostly names the file that it is about.
std::string reason_of(const RelayLogRow& log) {
  const auto& reason = log.source.reason;
  return reason.starts_with(log.name) ? reason : log.name + ": " + reason;
}

Finding judge_log(const RelayLogRow& log) {
  const auto& source = log.source;
  if (!log.is_trusted)
    return {CheckStatus::warning, log.name + ": nobody knows who wrote its lines: they authorise nobody"};
  switch (source.state) {
    case SourceState::following:
      return {};
    case SourceState::waiting:
      return {CheckStatus::warning, reason_of(log)};
    case SourceState::unreadable:
    case SourceState::refused:
      break;
  }
  return {CheckStatus::critical, reason_of(log)};
}

Finding judge_file(const MapWriter::State& file, Instant now) {
  if (!file.error.empty()) return {CheckStatus::critical, file.path + ": " + file.error};
  if (file.waiting_since && now - *file.waiting_since > map_patience)
    return {CheckStatus::critical, file.path + ": is not current"};
  return {};
}

std::string summary(const RelayRow& row) {
  std::string logs;
  for (const auto& log : row.logs) {
    if (log.source.state == SourceState::following) logs += (logs.empty() ? "" : ", ") + log.name;
  }
  return fmt::format("{} address{} may send; reads {}", row.grants, row.grants == 1 ? "" : "es",
                     logs.empty() ? "nothing" : logs);
}

}  // namespace

void judge_relay(RelayRow& row, Instant now) {
  Finding worst{CheckStatus::ok, summary(row)};
  const auto take = [&worst](Finding finding) {
    if (finding.status > worst.status) worst = std::move(finding);
  };
  bool is_any_followed = false;
  for (const auto& log : row.logs) {
    const bool is_followed = log.source.state == SourceState::following && log.is_trusted;
    is_any_followed = is_any_followed || is_followed;
  }
  // Of logs of which one is enough ("all that exist") a missing one is no complaint.
  for (const auto& log : row.logs) {
    if (!is_any_followed || log.source.state != SourceState::waiting) take(judge_log(log));
  }
  if (!is_any_followed && worst.status < CheckStatus::critical && !row.logs.empty())
    worst = {CheckStatus::critical, "no log is read whose lines count; " + worst.words};
  for (const auto& socket : row.sockets) {
    if (!socket.error.empty()) take({CheckStatus::critical, socket.place + ": " + socket.error});
  }
  for (const auto& file : row.files)
    take(judge_file(file, now));
  row.status = worst.status;
  row.words = std::move(worst.words);
}

}  // namespace systemcheck
