#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "base/units.h"
#include "os/log_files.h"
#include "relay/log_place.h"

namespace systemcheck {

/// A place of one file by itself.
struct LinePlace {
  std::uint64_t offset = 0;
  std::string before{};         ///< so much of what stands there as a fingerprint has
  bool is_inside_line = false;  ///< no line begins there: what is left of that one is skipped
};

/// One file of a log, and how far it has been read: only ever on from the end of a line. What is there of an
/// unfinished line is read again when there is more; so a place is the whole memory.
class FollowedFile {
 public:
  FollowedFile(std::unique_ptr<LogFile> file, FilePlace place)
      : delivered_(std::move(place)), file_(std::move(file)), read_(delivered_) {}

  struct Bite {
    std::uint64_t bytes = 0;  ///< so far we are further on
    std::size_t long_lines = 0;
    bool is_full = false;  ///< there may be more
    bool was_changed =
        false;  ///< what stood before our place does not stand there any more; nothing was read
  };
  /// Appends complete lines, which stay valid as long as what is in the buffer.
  Result<Bite> read(std::span<char> buffer, std::vector<std::string_view>& lines);

  /// Looks at its size and its names. Before the first time they are unknown.
  Status look();
  [[nodiscard]] const LogFileStatus& status() const { return status_; }
  [[nodiscard]] std::uint64_t unread_bytes() const {
    return status_.size_bytes > read_.offset ? status_.size_bytes - read_.offset : 0;
  }

  /// Of the first line that has not been delivered.
  [[nodiscard]] const FilePlace& place() const { return delivered_; }
  /// It begins anew.
  void rewind() { go_on_at({}); }
  void go_on_at(LinePlace place);
  [[nodiscard]] LogFile& file() { return *file_; }

  // What the tailer notes of it.
  Instant last_active{};      ///< when something of it was read last, or it lost its name
  bool is_at_end = false;     ///< when it was read last, there was no more
  bool is_copy = false;       ///< nobody writes to it any more
  bool is_unsettled = false;  ///< not begun yet: it may be a copy of the one before it

 private:
  void take_lines(std::string_view window, std::vector<std::string_view>& lines, Bite& bite);
  void advance(std::string_view window, std::size_t end);

  FilePlace delivered_;
  std::unique_ptr<LogFile> file_;
  /// Further on than what was delivered only in the middle of a line that is too long: its end must not be
  /// taken for a line, also not by whoever goes on from our place.
  FilePlace read_;
  bool is_in_long_line_ = false;
  LogFileStatus status_{};
};

/// Whether what stands before the place in that file is what stood there.
bool fits(LogFile& file, const FilePlace& place);

}  // namespace systemcheck
