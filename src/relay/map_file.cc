#include "relay/map_file.h"

#include <array>
#include <cstdio>

namespace systemcheck {

std::string sendmail_key(const IpAddress& address) {
  if (address.is_ip4()) return address.text();
  std::string key = "ipv6";
  const auto& bytes = address.bytes();
  for (std::size_t place = 0; place < bytes.size(); place += 2) {
    std::array<char, 8> group{};
    (void)std::snprintf(group.data(), group.size(), ":%x", bytes.at(place) * 256U + bytes.at(place + 1));
    key += group.data();
  }
  return key;
}

std::optional<std::string> postfix_key(const IpAddress& address) {
  auto text = address.text();
  if (text.find("::") != std::string::npos) return std::nullopt;
  return text;
}

std::string map_value(WallTime expires_on) {
  return std::to_string(std::chrono::floor<std::chrono::seconds>(expires_on).time_since_epoch().count());
}

bool is_single_address(const IpNetwork& network) {
  return network.bits() == (network.address().is_ip4() ? 32 : 128);
}

}  // namespace systemcheck
