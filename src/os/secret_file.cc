#include "os/secret_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <utility>

#include "os/descriptor.h"
#include "os/os_error.h"

namespace systemcheck {

Result<std::string> read_secret_file(const std::string& path, std::size_t limit_bytes) {
  // A pipe that nobody writes to must not be waited for.
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  struct stat status {};
  if (!file.is_open() || ::fstat(file.number(), &status) != 0) return os_error(path);
  const bool is_ours = status.st_uid == 0 || status.st_uid == ::geteuid();
  if (!S_ISREG(status.st_mode) || !is_ours || (status.st_mode & (S_IRWXG | S_IRWXO)) != 0)
    return Error{Error::Kind::denied,
                 path + ": must be a file of root's that nobody else may read (chmod 600)"};
  std::string text(limit_bytes + 1, '\0');
  const auto size = ::read(file.number(), text.data(), text.size());
  if (size < 0) return os_error(path);
  text.resize(static_cast<std::size_t>(size));
  if (text.size() <= limit_bytes) return text;
  return Error{Error::Kind::malformed, path + ": is longer than " + std::to_string(limit_bytes) + " bytes"};
}

}  // namespace systemcheck
