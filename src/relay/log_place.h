#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/units.h"
#include "os/log_files.h"

namespace systemcheck {

/// How far one file has been read. An inode alone is no proof that it is that file: numbers are used again,
/// and a file can be cut short and filled anew. What stood before the place is.
struct FilePlace {
  /// So many bytes before the offset are remembered.
  static constexpr std::size_t fingerprint_bytes = 64;

  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::uint64_t offset = 0;   ///< of the first byte that has not been delivered: a line begins there
  std::string fingerprint{};  ///< what stands before it; shorter only at the beginning of the file
  WallTime modified{};        ///< when it was last written to, as far as we know

  bool operator==(const FilePlace&) const = default;
  [[nodiscard]] bool is_of(const LogFileStatus& status) const {
    return device == status.device && inode == status.inode;
  }
};

/// How far a log has been read: during a rotation that is more than one file, oldest first.
struct LogPlace {
  /// More are not followed at a time.
  static constexpr std::size_t files_max = 16;

  std::vector<FilePlace> files{};

  bool operator==(const LogPlace&) const = default;
  [[nodiscard]] std::string text() const;
  /// Of what text() has written; nothing else is taken.
  static std::optional<LogPlace> parse(std::string_view text);
};

/// Appends one file's to the text of a LogPlace.
void append_place(std::string& text, const FilePlace& place);

}  // namespace systemcheck
