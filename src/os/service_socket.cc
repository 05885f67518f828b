#include "os/service_socket.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>

#include "base/text.h"
#include "os/local_socket.h"
#include "os/os_error.h"
#include "os/peer.h"

namespace systemcheck {
namespace {

constexpr std::string_view local_tag = "unix:";
constexpr int waiting_connections_max = 128;
constexpr mode_t for_us = 0600;
constexpr mode_t for_the_group = 0660;

Result<Descriptor> listen_for_group(const std::string& path, const std::string& group) {
  auto listener = listen_locally(path, for_us);
  if (!listener || group.empty()) return listener;
  const auto number = find_group(group);
  if (!number) return Error{Error::Kind::not_found, path + ": there is no group " + group};
  if (::lchown(path.c_str(), static_cast<uid_t>(-1), *number) != 0 ||
      ::chmod(path.c_str(), for_the_group) != 0) {
    return os_error(path);
  }
  return listener;
}

struct Loopback {
  sockaddr_storage storage{};
  socklen_t size = 0;
};

template <typename Kernel>
Loopback as_loopback(const Kernel& name) {
  Loopback address{.storage = {}, .size = sizeof name};
  std::memcpy(&address.storage, &name, sizeof name);
  return address;
}

std::optional<Loopback> parse_loopback(std::string_view place) {
  const auto colon = place.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const auto port = parse_number<std::uint16_t>(place.substr(colon + 1));
  if (!port) return std::nullopt;
  const auto host = std::string(place.substr(0, colon));
  if (host == "[::1]") {
    sockaddr_in6 name{};
    name.sin6_family = AF_INET6;
    name.sin6_port = htons(*port);
    name.sin6_addr = in6addr_loopback;
    return as_loopback(name);
  }
  sockaddr_in name{};
  name.sin_family = AF_INET;
  name.sin_port = htons(*port);
  if (inet_pton(AF_INET, host.c_str(), &name.sin_addr) != 1) return std::nullopt;
  if (ntohl(name.sin_addr.s_addr) >> 24 != IN_LOOPBACKNET) return std::nullopt;
  return as_loopback(name);
}

Result<Descriptor> listen_on_loopback(const std::string& place) {
  const auto address = parse_loopback(place);
  if (!address) {
    return Error{
        Error::Kind::malformed,
        printable(place) + ": neither unix:/a/path nor an address of this machine's loopback with a port"};
  }
  Descriptor listener(::socket(address->storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const int on = 1;
  ::setsockopt(listener.number(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  // Handed down to its connections: a second answer shall not wait for the first one to be acknowledged.
  ::setsockopt(listener.number(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (!listener.is_open() ||
      ::bind(listener.number(), reinterpret_cast<const sockaddr*>(&address->storage), address->size) != 0 ||
      ::listen(listener.number(), waiting_connections_max) != 0) {
    return os_error(place);
  }
  return listener;
}

}  // namespace

Result<Descriptor> listen_for_services(const std::string& place, const std::string& group) {
  if (!place.starts_with(local_tag)) return listen_on_loopback(place);
  return listen_for_group(place.substr(local_tag.size()), group);
}

int port_of(const Descriptor& listener) {
  sockaddr_storage storage{};
  socklen_t size = sizeof storage;
  if (::getsockname(listener.number(), reinterpret_cast<sockaddr*>(&storage), &size) != 0) return 0;
  if (storage.ss_family == AF_INET) return ntohs(reinterpret_cast<const sockaddr_in&>(storage).sin_port);
  if (storage.ss_family == AF_INET6) return ntohs(reinterpret_cast<const sockaddr_in6&>(storage).sin6_port);
  return 0;
}

}  // namespace systemcheck
