#include "os/own_addresses.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <netinet/in.h>

#include <array>
#include <cstring>
#include <memory>
#include <optional>

namespace systemcheck {
namespace {

std::optional<IpAddress> address_of(const sockaddr* address) {
  if (address == nullptr) return std::nullopt;
  std::array<char, INET6_ADDRSTRLEN> text{};
  const char* written = nullptr;
  if (address->sa_family == AF_INET) {
    sockaddr_in ip4{};
    std::memcpy(&ip4, address, sizeof(ip4));
    written = inet_ntop(AF_INET, &ip4.sin_addr, text.data(), text.size());
  }
  if (address->sa_family == AF_INET6) {
    sockaddr_in6 ip6{};
    std::memcpy(&ip6, address, sizeof(ip6));
    written = inet_ntop(AF_INET6, &ip6.sin6_addr, text.data(), text.size());
  }
  return written == nullptr ? std::nullopt : IpAddress::parse(written);
}

}  // namespace

std::vector<IpAddress> own_addresses() {
  std::vector<IpAddress> addresses;
  ifaddrs* first = nullptr;
  if (::getifaddrs(&first) != 0) return addresses;
  const std::unique_ptr<ifaddrs, void (*)(ifaddrs*)> all(first, &::freeifaddrs);
  for (const auto* one = first; one != nullptr; one = one->ifa_next) {
    if (const auto address = address_of(one->ifa_addr)) addresses.push_back(*address);
  }
  return addresses;
}

}  // namespace systemcheck
