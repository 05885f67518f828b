#include "os/kept_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "os/os_error.h"

namespace systemcheck {

Result<std::string_view> KeptFile::read() {
  if (!file_.is_open()) {
    file_ = Descriptor(::open(path_.c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
    if (!file_.is_open()) return os_error(path_);
  }
  std::size_t length = 0;
  while (length < buffer_.size()) {
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
