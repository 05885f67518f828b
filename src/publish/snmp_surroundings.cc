#include "publish/snmp_surroundings.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <system_error>

#include "base/text.h"
#include "os/os_error.h"

namespace systemcheck {
namespace {

// NOLINTBEGIN(concurrency-mt-unsafe): whoever holds a ScopedEnvironment promises to be alone with it
std::optional<std::string> read_variable(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  if (value == nullptr) return std::nullopt;
  return value;
}

void write_variable(const std::string& name, const std::optional<std::string>& value) {
  value ? ::setenv(name.c_str(), value->c_str(), 1) : ::unsetenv(name.c_str());
}
// NOLINTEND(concurrency-mt-unsafe)

}  // namespace

ScopedEnvironment::~ScopedEnvironment() {
  while (!before_.empty()) {
    write_variable(before_.back().first, before_.back().second);
    before_.pop_back();
  }
}

void ScopedEnvironment::set(const std::string& name, const std::optional<std::string>& value) {
  before_.emplace_back(name, read_variable(name));
  write_variable(name, value);
}

std::set<int> open_descriptors() {
  std::set<int> open;
  std::error_code ignored;  // Without /proc nothing is marked, and nothing else is lost.
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd", ignored)) {
    if (const auto number = parse_number<int>(entry.path().filename().native())) open.insert(*number);
  }
  // That of the listing itself is closed by now, and its number free for the next one to be opened.
  std::erase_if(open, [](int number) { return ::fcntl(number, F_GETFD) < 0; });
  return open;
}

void keep_from_children(const std::set<int>& open_before) {
  for (const auto number : open_descriptors()) {
    if (!open_before.contains(number)) ::fcntl(number, F_SETFD, FD_CLOEXEC);
  }
}

std::string address_text(int socket) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  if (::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size) != 0) return "";
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (address.ss_family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(address);
    ::inet_ntop(AF_INET, &v4.sin_addr, text.data(), text.size());
    return "udp:" + std::string(text.data()) + ":" + std::to_string(ntohs(v4.sin_port));
  }
  if (address.ss_family != AF_INET6) return "";
  const auto& v6 = reinterpret_cast<const sockaddr_in6&>(address);
  ::inet_ntop(AF_INET6, &v6.sin6_addr, text.data(), text.size());
  return "udp6:[" + std::string(text.data()) + "]:" + std::to_string(ntohs(v6.sin6_port));
}

Result<std::string> make_snmp_directory(const std::string& state_directory) {
  std::string path = state_directory + "/snmp";
  if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) return os_error(path);
  if (::access(path.c_str(), R_OK | W_OK | X_OK) != 0) return os_error(path);
  return path;
}

}  // namespace systemcheck
