#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/units.h"
#include "base/vocabulary.h"
#include "relay/login.h"

// Where lines come from: a file, the journal, a socket. All of them deliver in the same shape, and belong to
// the main thread.

namespace systemcheck {

/// A message of the journal. There is no header to parse, and who wrote it is known.
struct JournalLine {
  std::string program{};  ///< the syslog tag
  std::optional<pid_t> pid{};
  std::string message{};
  WallTime at{};
  LineOrigin origin{};

  bool operator==(const JournalLine&) const = default;
};

/// What has come, in the order in which it was written. Valid during the call.
struct LogBatch {
  std::span<const std::string_view> lines{};  ///< of a file or socket, without their newlines; any bytes
  std::span<const JournalLine> entries{};     ///< of the journal
  /// Where to go on after these: to be kept together with what came of them. Empty: this source cannot be
  /// read again.
  std::string_view place{};
};

/// Something people should know.
struct SourceNotice {
  enum class Weight { news, warning };
  Weight weight = Weight::news;
  std::string words{};
};

struct SourceHooks {
  /// The source must not be destroyed in here.
  std::function<void(const LogBatch&)> on_lines{};
  std::function<void(const SourceNotice&)> on_notice{};
};

enum class SourceState {
  following,
  waiting,     ///< for a file or directory that is not there
  unreadable,  ///< we may not, or the disk does not let us
  refused,     ///< it is something whose lines might be anybody's
};
template <>
struct Words<SourceState> {
  static constexpr int first = 0;
  static constexpr std::array<std::string_view, 4> all{"following", "waiting", "unreadable", "refused"};
};

/// All are counted since start().
struct SourceStatus {
  SourceState state = SourceState::waiting;
  std::string reason{};  ///< why it is not being followed
  std::uint64_t lines = 0;
  std::uint64_t bytes = 0;
  std::uint64_t long_lines = 0;  ///< longer than line_bytes_max, skipped
  std::uint64_t lag_bytes = 0;   ///< there, but not delivered yet, as of the last look
  std::uint64_t renamed = 0;     ///< rotations: another file has the name
  std::uint64_t copied = 0;      ///< rotations: cut short, and what we had not read was found in a copy
  std::uint64_t cut = 0;         ///< cut short or written anew, and no copy was found
  std::uint64_t replaced = 0;    ///< by a copy of itself, as editors do
  std::uint64_t deleted = 0;     ///< while it was still the log
  std::uint64_t gaps = 0;        ///< times at which lines are known to be missing, or may be
  std::uint64_t lost_bytes = 0;  ///< known to have been there, and to be gone
  std::uint64_t overflows = 0;   ///< the kernel had more to tell than it keeps for us
  std::uint64_t strangers = 0;   ///< datagrams from somebody who may not send them
  std::uint64_t malformed = 0;   ///< datagrams that are no line, or more than one
};

/// A line that is longer is skipped: rsyslog's own limit is 8 KiB, and nobody's login is that long.
inline constexpr std::size_t line_bytes_max = 8192;

class LogSource {
 public:
  virtual ~LogSource() = default;
  /// Once. An error if there will never be a line.
  virtual Status start() = 0;
  [[nodiscard]] virtual const SourceStatus& status() const = 0;
};

}  // namespace systemcheck
