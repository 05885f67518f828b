#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/units.h"
#include "base/vocabulary.h"

namespace systemcheck {

using Argv = std::vector<std::string>;

/// The words are the keys of the configuration.
enum class ProbeKind { tcp, http, smtp, pop3, imap, ftp, ssh, dns, unix_socket, command, file };
template <>
struct Words<ProbeKind> {
  static constexpr int first = 0;
  static constexpr std::array<std::string_view, 11> all{"tcp", "http", "smtp", "pop3",    "imap", "ftp",
                                                        "ssh", "dns",  "unix", "command", "file"};
};

enum class DnsTransport { udp, tcp };
template <>
struct Words<DnsTransport> {
  static constexpr int first = 0;
  static constexpr std::array<std::string_view, 2> all{"udp", "tcp"};
};

/// One question that is put to a service again and again.
struct Probe {
  ProbeKind kind = ProbeKind::tcp;
  std::string target{};  ///< as it was written: an address, a URL, a path; of a command its program
  bool is_tls = false;

  std::vector<std::uint32_t> status{};  ///< http: what is right; empty: 200 to 399
  std::string contains{};               ///< http: a piece of the body
  std::string host{};                   ///< http: the Host header, where it is not the address
  std::string query = "localhost";      ///< dns: the name that is asked for
  DnsTransport transport = DnsTransport::udp;
  std::string send{};    ///< tcp, unix
  std::string expect{};  ///< tcp, unix: RE2, searched in what comes
  Argv command{};
  std::optional<Duration> max_age{};        ///< file
  std::optional<std::uint64_t> min_size{};  ///< file, bytes
  std::optional<std::uint64_t> max_size{};  ///< file, bytes
  std::optional<std::uint32_t> file_mode{};
  std::string sha256{};

  std::optional<Duration> every{};  ///< none: the cycle
  Duration timeout = std::chrono::seconds{5};
  std::optional<Duration> slow{};  ///< a right answer that took longer is a slow one
  std::uint32_t failures = 3;      ///< so many in a row, and it fails
  std::uint32_t successes = 1;     ///< so many in a row, and it does no more
  bool is_fatal = true;            ///< false: the service is degraded, and not restarted for it

  bool operator==(const Probe&) const = default;
};

/// "smtp 127.0.0.1:25": tells it from the others of its service.
[[nodiscard]] inline std::string probe_name(const Probe& probe) {
  return std::string(word(probe.kind)) + (probe.is_tls && probe.kind != ProbeKind::http ? "+tls " : " ") +
         probe.target;
}

/// An "http://127.0.0.1:8080/health" in its parts.
struct HttpUrl {
  bool is_tls = false;
  std::string address{};  ///< with its port
  std::string path = "/";
};

}  // namespace systemcheck
