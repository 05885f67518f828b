#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "os/descriptor.h"

namespace systemcheck {

/// The lines of a file from its first to its last, however large it is, in the memory of a few of them.
class LineReader {
 public:
  /// "-" is standard input. Lines longer than `line_bytes_max` are skipped.
  static Result<LineReader> open(const std::string& path, std::size_t line_bytes_max);

  /// The next line without its newline, until the next call; nothing at the end, or where it cannot be read
  /// on.
  std::optional<std::string_view> next() {
    for (;;) {
      if (const auto line = next_buffered()) return line;
      if (!fill()) return rest();
    }
  }

  /// Of the line that was returned last, from 1.
  [[nodiscard]] std::uint64_t number() const { return number_; }
  [[nodiscard]] std::uint64_t skipped() const { return skipped_; }
  /// Why it ended before the end, if it did.
  [[nodiscard]] const std::optional<Error>& error() const { return error_; }

 private:
  LineReader(Descriptor file, std::string path, std::size_t line_bytes_max);

  std::optional<std::string_view> next_buffered();
  bool fill();
  std::optional<std::string_view> rest();
  std::optional<std::string_view> take(std::size_t length);

  Descriptor file_;
  std::string path_;
  std::size_t line_bytes_max_;
  std::vector<char> buffer_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::uint64_t number_ = 0;
  std::uint64_t skipped_ = 0;
  bool is_skipping_ = false;  ///< the front of a line that is too long is gone already
  std::optional<Error> error_{};
};

}  // namespace systemcheck
