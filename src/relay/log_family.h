#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "os/log_files.h"
#include "relay/log_place.h"

// The files beside a log that may hold what we have not read of it.

namespace systemcheck {

struct Relative {
  std::string path{};
  LogFileStatus status{};
  bool begins_alike = false;   ///< with the log's name and one of . - _
  bool is_rotation = false;    ///< only numbers follow: maillog.1, maillog-20261122, mail.log.2026-11-22
  bool is_compressed = false;  ///< cannot be read
};

/// How a name looks beside that of the log.
Relative describe_relative(std::string_view name, std::string_view log);

/// All files in the directory of a log but itself, the one that was written to last at the end.
std::vector<Relative> read_family(LogFiles& files, const LogName& log);

struct FoundFile {
  std::unique_ptr<LogFile> file{};
  LogFileStatus status{};
};
using IsExcluded = std::function<bool(const FoundFile&)>;

/// The very file of that place, wherever it has been moved to.
std::optional<FoundFile> find_moved(LogFiles& files, const std::vector<Relative>& family,
                                    const FilePlace& place);
/// The newest copy of what had been read up to that place. Only of files that begin alike: mail.info may have
/// the same lines as mail.log and is no copy of it.
std::optional<FoundFile> find_copy(LogFiles& files, const std::vector<Relative>& family,
                                   const FilePlace& place, const IsExcluded& is_excluded);
/// The rotated ones that were written to after `since`, in the order in which they were the log.
std::vector<FoundFile> find_later(LogFiles& files, const std::vector<Relative>& family, WallTime since,
                                  const IsExcluded& is_excluded);

}  // namespace systemcheck
