#include "os/local_socket.h"

#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>

namespace systemcheck {
namespace {

constexpr int waiting_connections_max = 32;
constexpr timeval patience{.tv_sec = 5, .tv_usec = 0};

Error error_now(const std::string& path) {
  const int number = errno;
  const auto kind = number == EACCES || number == EPERM ? Error::Kind::denied
                    : number == ENOENT                  ? Error::Kind::not_found
                    : number == ECONNREFUSED            ? Error::Kind::refused
                                                        : Error::Kind::failed;
  return {kind, path + ": " + std::generic_category().message(number)};
}

bool is_answered(const sockaddr_un& address) {
  const Descriptor probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  return ::connect(probe.number(), plain(address), sizeof address) == 0 || errno == EAGAIN;
}

bool is_socket(const std::string& path) {
  struct stat status {};
  return ::lstat(path.c_str(), &status) == 0 && S_ISSOCK(status.st_mode);
}

}  // namespace

Result<sockaddr_un> local_address(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof address.sun_path) {
    return Error{Error::Kind::malformed, path + ": a socket's path has 1 to 107 bytes, unix(7)"};
  }
  std::memcpy(address.sun_path, path.data(), path.size());
  return address;
}

Result<Descriptor> listen_locally(const std::string& path, mode_t mode) {
  const auto address = local_address(path);
  if (!address) return address.error();
  std::error_code ignored;  // bind() says it better.
  std::filesystem::create_directories(std::filesystem::path(path).parent_path(), ignored);
  if (is_answered(*address)) return Error{Error::Kind::refused, path + ": another daemon answers there"};
  if (is_socket(path)) ::unlink(path.c_str());

  Descriptor listener(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!listener.is_open() || ::bind(listener.number(), plain(*address), sizeof *address) != 0 ||
      ::chmod(path.c_str(), mode) != 0 || ::listen(listener.number(), waiting_connections_max) != 0) {
    return error_now(path);
  }
  return listener;
}

Result<Descriptor> connect_locally(const std::string& path) {
  const auto address = local_address(path);
  if (!address) return address.error();
  Descriptor connection(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  ::setsockopt(connection.number(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  ::setsockopt(connection.number(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  if (::connect(connection.number(), plain(*address), sizeof *address) != 0) return error_now(path);
  return connection;
}

Result<Descriptor> accept_connection(const Descriptor& listener) {
  Descriptor connection(::accept4(listener.number(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
  if (!connection.is_open()) return error_now("accept");
  return connection;
}

}  // namespace systemcheck
