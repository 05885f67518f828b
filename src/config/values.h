#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/units.h"

// One value of the configuration each: the text as it was written, to what it means or why not.

namespace systemcheck {

/// A duration from `min` to `max`.
struct DurationWithin {
  Duration min{};
  Duration max{};

  Result<Duration> operator()(std::string_view text) const;
};

/// A whole number from `min` to `max`.
struct CountWithin {
  std::uint32_t min = 0;
  std::uint32_t max = 0;

  Result<std::uint32_t> operator()(std::string_view text) const;
};

Result<bool> parse_switch(std::string_view text);
/// More than 0, as "2" or "1.5".
Result<double> parse_ratio(std::string_view text);

/// Absolute and without "..".
Result<std::string> parse_path(std::string_view text);
/// A path that fits the address of a socket.
Result<std::string> parse_socket_path(std::string_view text);
/// The file name of a service unit, with its ".service".
Result<std::string> parse_unit_name(std::string_view text);
Result<std::string> parse_user_name(std::string_view text);
Result<std::string> parse_file_system_type(std::string_view text);
/// Service names are label values, SNMP indices and words of commands.
Result<std::string> parse_service_name(std::string_view text);
/// An expression for RE2 that does not fit everything.
Result<std::string> parse_pattern(std::string_view text);

/// "127.0.0.1:10060", "[::1]:10060", "unix:/run/http.sock". Numbers only: nothing waits for DNS.
Result<std::string> parse_http_address(std::string_view text);
/// "127.0.0.1:25", "[::1]:25": a numeric address and a port that is not 0.
Result<std::string> parse_probe_address(std::string_view text);
/// "unix:/run/systemcheck/relay.sock", "127.0.0.1:10061": a local socket, or a port of loopback.
Result<std::string> parse_service_address(std::string_view text);
/// "udp:127.0.0.1:1161", "udp6:[::1]:1161".
Result<std::string> parse_snmp_address(std::string_view text);
bool is_loopback_snmp_address(std::string_view text);

}  // namespace systemcheck
