#include "os/kept_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "os/os_error.h"

namespace systemcheck {
namespace {

constexpr std::size_t first_bytes = 4096;

}  // namespace

Result<std::string_view> KeptFile::read() {
  if (!file_.is_open()) {
    file_ = Descriptor(::open(path_.c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
    if (!file_.is_open()) return os_error(path_);
  }
  std::size_t length = 0;
  while (length < limit_bytes_) {
    const auto wanted = std::min(limit_bytes_, std::max(first_bytes, 2 * length));
    if (buffer_.size() < wanted) buffer_.resize(wanted);
    const auto got =
        ::pread(file_.number(), buffer_.data() + length, buffer_.size() - length, static_cast<off_t>(length));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) {
      auto error = os_error(path_);
      file_.reset();
      return error;
    }
    if (got == 0) break;
    length += static_cast<std::size_t>(got);
  }
  return std::string_view(buffer_.data(), length);
}

}  // namespace systemcheck
