#pragma once

#include <sys/types.h>

#include <cstddef>
#include <optional>
#include <string_view>

#include "base/units.h"

namespace systemcheck {

/// How the lines of a log are made.
enum class LineLayout {
  /// As a syslogd writes them, told apart line by line: "Nov 22 16:29:38 host tag[pid]: message", the same
  /// with
  /// an ISO-8601 time, RFC 5424; and what Dovecot writes to a log of its own.
  plain,
  annotated,  ///< by contrib/rsyslog/: who wrote it stands before all that he wrote
  dovecot,    ///< Dovecot's own log, its log_path, alone
};

/// What stands in one line of a log. All of it points into the line.
struct LogLine {
  std::string_view time{};     ///< as it is written
  std::string_view tag{};      ///< the program, "postfix/smtpd"; whoever writes the line chooses it
  std::string_view pid{};      ///< may be empty
  std::string_view message{};  ///< without the blank before it
  /// Who wrote it, from somebody who knows; nothing where nobody does.
  std::optional<uid_t> writer{};
  std::string_view executable{};  ///< of the writer; may be empty
  /// Where the source of the line knows it better than `time` says.
  std::optional<WallTime> at{};
};

/// What is longer is no line of a mail log, and is not looked at.
inline constexpr std::size_t log_line_bytes_max = 8192;

/// The line without its newline; nothing where it is not made like that. Allocates nothing.
std::optional<LogLine> parse_log_line(std::string_view line, LineLayout layout);

}  // namespace systemcheck
