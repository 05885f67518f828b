#include "os/socket.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cerrno>
#include <cstring>

#include "base/text.h"

namespace systemcheck {
namespace {

struct Address {
  sockaddr_storage storage{};
  socklen_t size = 0;  ///< 0: not an address
};

SocketOutcome failure(int error_number) {
  const bool is_pending = error_number == EINPROGRESS || error_number == EWOULDBLOCK || error_number == EINTR;
  return {.kind = is_pending ? SocketOutcome::Kind::would_wait : SocketOutcome::Kind::failed,
          .error_number = error_number};
}

template <typename Kernel>
Address as_address(const Kernel& kernel) {
  Address address{.storage = {}, .size = sizeof(kernel)};
  std::memcpy(&address.storage, &kernel, sizeof(kernel));
  return address;
}

Address local_address(const std::string& path) {
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  if (path.size() >= sizeof(name.sun_path)) return {};
  std::memcpy(&name.sun_path[0], path.data(), path.size());
  return as_address(name);
}

Address ip_address(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) return {};
  const auto port = parse_number<std::uint16_t>(text.substr(colon + 1));
  if (!port) return {};
  auto host = std::string(text.substr(0, colon));
  if (host.starts_with('[') && host.ends_with(']')) {
    sockaddr_in6 name{};
    name.sin6_family = AF_INET6;
    name.sin6_port = htons(*port);
    host = host.substr(1, host.size() - 2);
    return inet_pton(AF_INET6, host.c_str(), &name.sin6_addr) == 1 ? as_address(name) : Address{};
  }
  sockaddr_in name{};
  name.sin_family = AF_INET;
  name.sin_port = htons(*port);
  return inet_pton(AF_INET, host.c_str(), &name.sin_addr) == 1 ? as_address(name) : Address{};
}

}  // namespace

Connection begin_connection(SocketKind kind, const std::string& address) {
  const auto name = kind == SocketKind::local ? local_address(address) : ip_address(address);
  if (name.size == 0) return {.socket = {}, .outcome = failure(EINVAL)};
  const int type = kind == SocketKind::udp ? SOCK_DGRAM : SOCK_STREAM;
  Connection connection;
  connection.socket = Descriptor(::socket(name.storage.ss_family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!connection.socket.is_open()) return {.socket = {}, .outcome = failure(errno)};
  const int number = connection.socket.number();
  if (::connect(number, reinterpret_cast<const sockaddr*>(&name.storage), name.size) == 0) return connection;
  connection.outcome = failure(errno);
  // connect(2): here EAGAIN is the full backlog of a local socket, and nothing will come of waiting.
  if (connection.outcome.error_number == EAGAIN) connection.outcome.kind = SocketOutcome::Kind::failed;
  return connection;
}

SocketOutcome take_connection_outcome(int socket) {
  int error_number = 0;
  socklen_t size = sizeof(error_number);
  if (::getsockopt(socket, SOL_SOCKET, SO_ERROR, &error_number, &size) != 0) return failure(errno);
  return error_number == 0 ? SocketOutcome{} : failure(error_number);
}

SocketOutcome send_bytes(int socket, std::string_view bytes) {
  const auto count = ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  if (count < 0) return failure(errno);
  return {.count = static_cast<std::size_t>(count)};
}

SocketOutcome take_bytes(int socket, std::span<char> into) {
  const auto count = ::recv(socket, into.data(), into.size(), MSG_DONTWAIT);
  if (count < 0) return failure(errno);
  if (count == 0) return {.kind = SocketOutcome::Kind::closed};
  return {.count = static_cast<std::size_t>(count)};
}

std::uint16_t draw_id() {
  std::uint16_t id = 0;
  const auto count = ::getrandom(&id, sizeof(id), GRND_NONBLOCK);
  return count == sizeof(id) ? id : std::uint16_t{0};
}

}  // namespace systemcheck
