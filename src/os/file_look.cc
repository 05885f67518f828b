#include "os/file_look.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>

#include "os/descriptor.h"
#include "os/os_error.h"

namespace systemcheck {

Result<FileFacts> look_at_file(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return os_error(path);
  const auto& time = status.st_mtim;
  return FileFacts{
      .size = static_cast<std::uint64_t>(status.st_size),
      .mode = status.st_mode & 07777U,
      .modified = WallTime{std::chrono::seconds{time.tv_sec} + std::chrono::nanoseconds{time.tv_nsec}}};
}

Status read_file_pieces(const std::string& path, const std::function<void(std::string_view)>& take) {
  // O_NONBLOCK: to open a pipe that nobody writes to would wait for ever.
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!file.is_open()) return os_error(path);
  struct stat status {};
  if (::fstat(file.number(), &status) != 0) return os_error(path);
  if (!S_ISREG(status.st_mode)) return Error{Error::Kind::refused, path + ": not a regular file"};
  std::array<char, 65536> buffer{};
  for (std::uint64_t total = 0; total <= file_read_max;) {
    const auto count = ::read(file.number(), buffer.data(), buffer.size());
    if (count < 0) return os_error(path);
    if (count == 0) return Nothing{};
    take({buffer.data(), static_cast<std::size_t>(count)});
    total += static_cast<std::uint64_t>(count);
  }
  return Error{Error::Kind::refused, path + ": too large to be read"};
}

}  // namespace systemcheck
