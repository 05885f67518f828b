#include "os/user_number.h"

#include <pwd.h>

#include <cerrno>
#include <vector>

#include "base/text.h"

namespace systemcheck {

std::optional<uid_t> user_number(const std::string& name) {
  if (const auto number = parse_number<uid_t>(name)) return number;
  constexpr std::size_t bytes_max = std::size_t{1} << 20U;
  for (std::size_t bytes = 1024; bytes <= bytes_max; bytes *= 4) {
    std::vector<char> buffer(bytes);
    passwd entry{};
    passwd* found = nullptr;
    const int error = ::getpwnam_r(name.c_str(), &entry, buffer.data(), buffer.size(), &found);
    if (error == ERANGE) continue;
    if (found == nullptr) return std::nullopt;
    return found->pw_uid;
  }
  return std::nullopt;
}

}  // namespace systemcheck
