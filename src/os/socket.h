#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "os/descriptor.h"

namespace systemcheck {

enum class SocketKind { tcp, udp, local };

/// What became of a call that never waits.
struct SocketOutcome {
  enum class Kind { done, would_wait, closed, failed };

  Kind kind = Kind::done;
  std::size_t count = 0;
  int error_number = 0;  ///< errno(3) of what failed
};

struct Connection {
  Descriptor socket{};
  SocketOutcome outcome{};  ///< would_wait: writable once it stands, or failed
};

/// Begins to connect to "127.0.0.1:25", "[::1]:25", or a path. Nothing is looked up.
Connection begin_connection(SocketKind kind, const std::string& address);
/// What became of a connection that was begun.
SocketOutcome take_connection_outcome(int socket);
SocketOutcome send_bytes(int socket, std::string_view bytes);
SocketOutcome take_bytes(int socket, std::span<char> into);
/// A number that a stranger cannot guess; 0 if the kernel has none to give.
std::uint16_t draw_id();

}  // namespace systemcheck
