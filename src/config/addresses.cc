#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <optional>

#include "base/text.h"
#include "config/values.h"

namespace systemcheck {
namespace {

enum class Family { ip4, ip6 };

struct Endpoint {
  Family family = Family::ip4;
  std::array<unsigned char, sizeof(in6_addr)> address{};  ///< network order
  std::uint16_t port = 0;
};

Error malformed(std::string_view text, std::string_view what) {
  return {Error::Kind::malformed, "'" + printable(text, 64) + "' " + std::string(what)};
}

/// "127.0.0.1:80" or "[::1]:80".
std::optional<Endpoint> parse_endpoint(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const auto port = parse_number<std::uint16_t>(text.substr(colon + 1));
  if (!port) return std::nullopt;
  auto host = text.substr(0, colon);
  Endpoint endpoint{.port = *port};
  if (host.starts_with('[') && host.ends_with(']')) {
    endpoint.family = Family::ip6;
    host = host.substr(1, host.size() - 2);
  }
  const int family = endpoint.family == Family::ip6 ? AF_INET6 : AF_INET;
  if (inet_pton(family, std::string(host).c_str(), endpoint.address.data()) != 1) return std::nullopt;
  return endpoint;
}

bool is_loopback(const Endpoint& endpoint) {
  if (endpoint.family == Family::ip4) return endpoint.address[0] == 127;
  std::array<unsigned char, sizeof(in6_addr)> loopback{};
  loopback.back() = 1;
  return endpoint.address == loopback;
}

}  // namespace

Result<std::string> parse_http_address(std::string_view text) {
  constexpr std::string_view unix_prefix = "unix:";
  if (text.starts_with(unix_prefix)) {
    const auto path = parse_socket_path(text.substr(unix_prefix.size()));
    if (!path) return path.error();
    return std::string(text);
  }
  if (parse_endpoint(text)) return std::string(text);
  return malformed(text,
                   "is not an address to listen on (as 127.0.0.1:10060, [::1]:10060, unix:/run/http.sock)");
}

Result<std::string> parse_probe_address(std::string_view text) {
  const auto endpoint = parse_endpoint(text);
  if (endpoint && endpoint->port != 0) return std::string(text);
  return malformed(text, "is not a numeric address with a port (as 127.0.0.1:25, [::1]:25)");
}

Result<std::string> parse_service_address(std::string_view text) {
  auto address = parse_http_address(text);
  if (!address)
    return malformed(text, "is not an address to listen on (as 127.0.0.1:10061, unix:/run/x.sock)");
  const auto endpoint = parse_endpoint(text);
  if (endpoint && !is_loopback(*endpoint))
    return malformed(text, "is not loopback: who may send is told to this machine only");
  return address;
}

Result<std::string> parse_snmp_address(std::string_view text) {
  constexpr std::string_view hint = "is not an address for SNMP (as udp:127.0.0.1:1161, udp6:[::1]:1161)";
  const bool is_ip6 = text.starts_with("udp6:");
  if (!is_ip6 && !text.starts_with("udp:")) return malformed(text, hint);
  const auto endpoint = parse_endpoint(text.substr(is_ip6 ? 5 : 4));
  if (!endpoint || (endpoint->family == Family::ip6) != is_ip6) return malformed(text, hint);
  return std::string(text);
}

bool is_loopback_snmp_address(std::string_view text) {
  const auto endpoint = parse_endpoint(text.substr(std::min(text.find(':') + 1, text.size())));
  return endpoint && is_loopback(*endpoint);
}

}  // namespace systemcheck
