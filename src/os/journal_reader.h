#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/result.h"
#include "base/units.h"

namespace systemcheck {

/// One message, and what the journal itself knows of it: fields that begin with _ cannot be written by
/// anybody else, systemd.journal-fields(7).
struct JournalEntry {
  std::string identifier{};    ///< SYSLOG_IDENTIFIER
  std::optional<pid_t> pid{};  ///< SYSLOG_PID, otherwise _PID
  std::string message{};       ///< cut at journal_field_bytes_max
  bool was_cut = false;
  WallTime at{};
  std::optional<uid_t> user{};  ///< _UID
  std::string executable{};     ///< _EXE
};

/// Reads the journal of the system, one message after the other. A seam: there is only one journal, and tests
/// need another. Main thread.
class JournalReader {
 public:
  virtual ~JournalReader() = default;
  /// Readable when something may have changed.
  [[nodiscard]] virtual int descriptor() const = 0;
  /// To be called when it has: else there is nothing new to be read, and the descriptor stays readable.
  virtual Status take_changes() = 0;

  /// Behind the message of that cursor. False: it is not there any more, and the nearest later one is next.
  virtual Result<bool> seek_behind(const std::string& cursor) = 0;
  virtual Status seek_time(WallTime since) = 0;
  virtual Status seek_end() = 0;
  /// The next message; none at the end.
  virtual Result<std::optional<JournalEntry>> next() = 0;
  /// Of the message that was read last.
  virtual Result<std::string> cursor() = 0;
};

/// What is longer is cut.
inline constexpr std::size_t journal_field_bytes_max = 16384;

/// The messages of one syslog facility; of the files in `directory`, or of this machine where it is empty.
Result<std::unique_ptr<JournalReader>> open_journal(unsigned facility, const std::string& directory = {});

}  // namespace systemcheck
