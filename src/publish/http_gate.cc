#include "publish/http_gate.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cstring>

namespace systemcheck {
namespace {

std::string address_text(int family, const void* address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  return ::inet_ntop(family, address, text.data(), text.size()) == nullptr ? "" : text.data();
}

HttpPeer describe(const sockaddr_in& address) {
  const auto host = address_text(AF_INET, &address.sin_addr);
  return {.host = host,
          .text = host + ':' + std::to_string(ntohs(address.sin_port)),
          .is_local = (ntohl(address.sin_addr.s_addr) >> 24U) == IN_LOOPBACKNET};
}

HttpPeer describe(const sockaddr_in6& address) {
  auto network = address.sin6_addr;
  std::memset(&network.s6_addr[8], 0, 8);
  const bool is_local = IN6_IS_ADDR_LOOPBACK(&address.sin6_addr);
  return {.host = address_text(AF_INET6, &network) + "/64",
          .text = '[' + address_text(AF_INET6, &address.sin6_addr) +
                  "]:" + std::to_string(ntohs(address.sin6_port)),
          .is_local = is_local};
}

}  // namespace

HttpPeer describe_peer(const sockaddr* address) {
  if (address != nullptr && address->sa_family == AF_INET)
    return describe(*reinterpret_cast<const sockaddr_in*>(address));
  if (address != nullptr && address->sa_family == AF_INET6)
    return describe(*reinterpret_cast<const sockaddr_in6*>(address));
  const bool is_file = address != nullptr && address->sa_family == AF_UNIX;
  return {.host = "a socket file", .text = "a socket file", .is_local = is_file};
}

HttpGate::Entry HttpGate::ask(const HttpWeb& web, const HttpPeer& peer, std::string_view authorization,
                              Instant now) {
  if (web.config.users.empty()) return {.login = HttpLogin::good, .is_open = true};
  if (number_ != web.number) users_.forget();
  number_ = web.number;
  auto said = parse_basic_authorization(authorization);
  if (!said) return {.login = HttpLogin::wrong};
  Entry entry{.login = users_.look_up(web.config.users, *said, peer.host, now),
              .hash = HttpUsers::hash_for(web.config.users, said->user)};
  entry.said = *std::move(said);
  return entry;
}

void HttpGate::learn(const HttpWeb& web, const HttpPeer& peer, const Credentials& said, bool is_good) {
  users_.learn(web.config.users, said, peer.host, is_good);
}

}  // namespace systemcheck
