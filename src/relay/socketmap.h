#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "base/ip_address.h"
#include "base/units.h"

// The protocol by which sendmail (op.me, "socket" maps) and Postfix (socketmap_table(5)) ask: netstrings,
// "21:popauth 192.0.2.17,", over a connection that stays; answers in the order of the questions.

namespace systemcheck {

/// Longer ones are not of a mail server: a name of a client has 255 bytes at most.
inline constexpr std::size_t socketmap_request_bytes_max = 2048;

/// What stands at the front of what a client has sent.
struct SocketmapRequest {
  enum class Kind {
    incomplete,  ///< wait for more
    complete,
    malformed,  ///< nothing that follows can be understood
  };

  Kind kind = Kind::incomplete;
  std::string_view text{};  ///< "popauth 192.0.2.17"; points into the input
};
/// Takes a complete one off the front of `input`.
SocketmapRequest take_socketmap_request(std::string_view& input);

/// Whose address is asked for: "192.0.2.17", "2001:db8::5", and as sendmail writes it
/// "ipv6:2001:db8:0:0:0:0:0:5". Nothing for what is no address; Postfix also asks for the names of clients.
/// The name of the map is what the mail server calls it: there is but one, so that any will do.
std::optional<IpAddress> parse_socketmap_key(std::string_view request);

/// Whether somebody may send.
struct SocketmapAnswer {
  enum class Kind {
    found,
    not_found,
    temporary,  ///< we cannot say yet: the mail server lets him try again
  };

  Kind kind = Kind::not_found;
  WallTime expires_on{};  ///< of what is found: the value, as seconds since the epoch
  std::string reason{};   ///< of what is temporary
};
/// As a netstring: "13:OK 1790000000,". Postfix takes a number for OK, access(5).
std::string socketmap_answer_text(const SocketmapAnswer& answer);

}  // namespace systemcheck
