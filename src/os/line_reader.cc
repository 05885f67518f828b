#include "os/line_reader.h"

#include <fcntl.h>
#include <unistd.h>

#include <cstring>
#include <utility>

#include "os/os_error.h"

namespace systemcheck {
namespace {

constexpr std::size_t buffer_bytes = std::size_t{256} << 10U;  // fits the cache of a processor

}  // namespace

Result<LineReader> LineReader::open(const std::string& path, std::size_t line_bytes_max) {
  const bool is_input = path == "-";
  Descriptor file(is_input ? ::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0)
                           : ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
  if (!file.is_open()) return os_error(is_input ? "standard input" : path);
  // A hint, no more: pipes refuse it.
  (void)::posix_fadvise(file.number(), 0, 0, POSIX_FADV_SEQUENTIAL);
  return LineReader(std::move(file), path, line_bytes_max);
}

LineReader::LineReader(Descriptor file, std::string path, std::size_t line_bytes_max)
    : file_(std::move(file)),
      path_(std::move(path)),
      line_bytes_max_(line_bytes_max),
      buffer_(buffer_bytes + line_bytes_max) {}

std::optional<std::string_view> LineReader::next_buffered() {
  while (begin_ < end_) {
    const auto* front = buffer_.data() + begin_;
    const auto* newline = static_cast<const char*>(std::memchr(front, '\n', end_ - begin_));
    if (newline == nullptr) return std::nullopt;
    const auto length = static_cast<std::size_t>(newline - front);
    begin_ += length + 1;
    if (const auto line = take(length)) return line;
  }
  return std::nullopt;
}

/// The line of that length whose newline was taken already; nothing if it is too long.
std::optional<std::string_view> LineReader::take(std::size_t length) {
  ++number_;
  const bool is_too_long = std::exchange(is_skipping_, false) || length > line_bytes_max_;
  if (!is_too_long) return std::string_view(buffer_.data() + begin_ - length - 1, length);
  ++skipped_;
  return std::nullopt;
}

bool LineReader::fill() {
  if (end_ - begin_ > line_bytes_max_) {
    is_skipping_ = true;
    begin_ = end_;
  }
  std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
  end_ -= std::exchange(begin_, 0);
  ssize_t count = 0;
  do {
    count = ::read(file_.number(), buffer_.data() + end_, buffer_.size() - end_);
  } while (count < 0 && errno == EINTR);
  if (count < 0) error_ = os_error(path_);
  if (count <= 0) return false;
  end_ += static_cast<std::size_t>(count);
  return true;
}

/// A last line that has no newline.
std::optional<std::string_view> LineReader::rest() {
  const auto length = end_ - begin_;
  if (length == 0 && !is_skipping_) return std::nullopt;
  begin_ = end_ + 1;
  auto line = take(length);
  begin_ = end_ = 0;
  return line;
}

}  // namespace systemcheck
