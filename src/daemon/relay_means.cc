#include "daemon/relay_means.h"

#include <utility>

#include "os/clock.h"
#include "os/datagram_socket.h"
#include "os/journal_reader.h"
#include "os/log_files.h"
#include "os/own_addresses.h"
#include "os/user_number.h"
#include "relay/journal_source.h"
#include "relay/line_socket.h"
#include "relay/log_tailer.h"

namespace systemcheck {
namespace {

using Opened = Result<std::unique_ptr<LogSource>>;

Opened open_socket(EventLoop& loop, const std::string& path, SourceHooks hooks) {
  auto socket = bind_datagram_socket(path);
  if (!socket) return std::move(socket).error();
  return std::unique_ptr<LogSource>(std::make_unique<LineSocket>(loop, *std::move(socket), std::move(hooks)));
}

Opened open_mail_journal(EventLoop& loop, LogStart start, SourceHooks hooks) {
  auto journal = open_journal(JournalSource::facility);
  if (!journal) return std::move(journal).error();
  return std::unique_ptr<LogSource>(std::make_unique<JournalSource>(
      loop, *std::move(journal), JournalSetup{.place = std::move(start.place), .since = start.since},
      std::move(hooks)));
}

std::vector<uid_t> user_ids(const std::vector<std::string>& names) {
  std::vector<uid_t> ids;
  for (const auto& name : names) {
    if (const auto id = user_number(name)) ids.push_back(*id);
  }
  return ids;
}

}  // namespace

RelayMeans machine_relay_means(EventLoop& loop) {
  RelayMeans means{.since_boot = &time_since_boot, .own_addresses = &own_addresses, .user_ids = &user_ids};
  means.open_log = [&loop, files = std::shared_ptr<LogFiles>(make_log_files())](
                       const RelayLog& log, LogStart start, SourceHooks hooks) -> Opened {
    switch (log.kind) {
      case RelayLog::Kind::socket:
        return open_socket(loop, log.path, std::move(hooks));
      case RelayLog::Kind::journal:
        return open_mail_journal(loop, std::move(start), std::move(hooks));
      case RelayLog::Kind::file:
        break;
    }
    LogTailerSetup setup{
        .path = log.path, .place = std::move(start.place), .is_old = std::move(start.is_old)};
    return std::unique_ptr<LogSource>(
        std::make_unique<LogTailer>(loop, *files, std::move(setup), std::move(hooks)));
  };
  return means;
}

}  // namespace systemcheck
