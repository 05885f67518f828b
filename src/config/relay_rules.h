#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/ip_address.h"
#include "base/units.h"
#include "base/vocabulary.h"

// POP before SMTP: who has just fetched mail may send mail for a while.

namespace systemcheck {

/// Whether a line of the log counts whose writer is not known to be a mail server.
enum class TrustedOrigin {
  required,  ///< it does not: on a machine with shell users anybody can write one with logger(1)
  ignored,   ///< somebody has read that, and has no shell users
};
template <>
struct Words<TrustedOrigin> {
  static constexpr int first = 0;
  static constexpr std::array<std::string_view, 2> all{"required", "ignored"};
};

/// Where lines come from.
struct RelayLog {
  enum class Kind {
    file,
    journal,  ///< the messages of facility mail; it knows who wrote each
    socket,   ///< a datagram a line, as rsyslog's omuxsock sends them
  };

  Kind kind = Kind::file;
  std::string path{};  ///< of a file or socket
  /// Each line says who wrote it, as contrib/rsyslog/ makes it. Somebody must say so: a line of a plain log
  /// can be made to look like one.
  bool is_annotated = false;

  bool operator==(const RelayLog&) const = default;
};
template <>
struct Words<RelayLog::Kind> {
  static constexpr int first = 0;
  static constexpr std::array<std::string_view, 3> all{"file", "journal", "socket"};
};

/// How one kind of server says that somebody has logged in. All expressions are RE2, and must fit the whole
/// message; what is in the named groups `ip` and `user` is taken.
struct LoginPattern {
  std::string name{};
  std::vector<std::string> tags{};      ///< the programs whose messages are looked at
  std::vector<std::string> prefixes{};  ///< the message begins with one of them; the key is `prefix`
  std::string expression{};             ///< the key is `re`
  /// Of a server that says it in two lines of one process: the first has the address, `re` only the user.
  std::string open{};
  std::string close{};  ///< and this one says that it came to nothing
  Duration open_for = std::chrono::minutes{2};
  bool is_smtp_auth = false;              ///< counts only where relay.smtp_auth is on
  std::vector<std::string> matches{};     ///< whole lines of a log that must fit; the key is `match`
  std::vector<std::string> mismatches{};  ///< and that must not; the key is `nomatch`

  bool operator==(const LoginPattern&) const = default;
};

/// A network that may always send.
struct RelayAlways {
  IpNetwork network{};
  std::string comment{};
  std::optional<WallTime> until{};

  bool operator==(const RelayAlways&) const = default;
};

/// Where the mail server reads who may send.
struct RelayMap {
  enum class Kind {
    socketmap,      ///< asked over a socket; socketmap_table(5), sendmail's op.me
    sendmail_hash,  ///< a Berkeley DB hash, changed in place
    postfix_lmdb,   ///< lmdb_table(5)
    plain_file,     ///< "address expiry" a line, replaced as a whole
  };

  Kind kind = Kind::socketmap;
  /// "unix:/run/systemcheck/relay.sock", "127.0.0.1:10061"; or the path of a file.
  std::vector<std::string> places{};
  std::string group{};  ///< who else may read the file or connect to the socket; "": its default

  bool operator==(const RelayMap&) const = default;
};
template <>
struct Words<RelayMap::Kind> {
  static constexpr int first = 0;
  static constexpr std::array<std::string_view, 4> all{"socketmap", "sendmail_hash", "postfix_lmdb",
                                                       "plain_file"};
};

struct RelayLimits {
  std::uint32_t addresses = 131'072;      ///< in all; more are refused
  std::uint32_t addresses_per_user = 20;  ///< more is an alarm, and refused: a stolen password
  std::uint32_t new_per_minute = 6'000;   ///< addresses that were not known; more are refused
  std::uint32_t users_per_address = 8;    ///< from there on it counts as shared (NAT), and is told

  bool operator==(const RelayLimits&) const = default;
};

struct RelayRules {
  bool enabled = false;  ///< nothing relays unless somebody says so
  /// All that exist.
  std::vector<RelayLog> logs{{.path = "/var/log/maillog"}, {.path = "/var/log/mail.log"}};
  TrustedOrigin trusted_origin = TrustedOrigin::required;
  /// Users as whom mail servers log.
  std::vector<std::string> senders{"root", "dovecot", "dovenull", "courier", "cyrus", "mail"};
  Duration keep = std::chrono::minutes{15};
  /// Never authorised, whatever a line says. Given, it replaces these; 0.0.0.0, ::, multicast and this
  /// machine's own addresses are refused always.
  std::vector<IpNetwork> never{*IpNetwork::parse("127.0.0.0/8"), *IpNetwork::parse("::1")};
  std::vector<RelayAlways> always{};
  unsigned ip6_bits = 128;  ///< 128 or 64: how much of an IPv6 address a login authorises
  bool smtp_auth = false;   ///< logins to send mail count, too
  std::vector<RelayMap> publish{{.places = {"unix:/run/systemcheck/relay.sock"}}};
  std::vector<LoginPattern> patterns{};  ///< beside those that are built in
  RelayLimits limits{};

  bool operator==(const RelayRules&) const = default;
};

}  // namespace systemcheck
