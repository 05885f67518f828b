#pragma once

#include <sys/stat.h>

#include <compare>
#include <optional>
#include <string>

namespace systemcheck {

/// Which file it is, whatever its name.
struct FileIdentity {
  dev_t device = 0;
  ino_t number = 0;

  auto operator<=>(const FileIdentity&) const = default;
};

/// Of the file that has this name now; nullopt: none.
inline std::optional<FileIdentity> identity_of(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return std::nullopt;
  return FileIdentity{.device = status.st_dev, .number = status.st_ino};
}

}  // namespace systemcheck
