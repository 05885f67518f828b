#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "os/event_loop.h"
#include "relay/socketmap.h"

namespace systemcheck {

/// Answers mail servers from memory, as fast as they ask: a lookup that hangs costs sendmail 30 seconds, and
/// Postfix 100. Belongs to the loop's thread; never waits for anybody.
class SocketmapServer {
 public:
  struct Limits {
    /// The one that has been silent for longest has to go for a new one: its mail server connects again.
    std::size_t clients = 512;
    /// Longer than a mail server lets a client of its own be silent: sendmail does not ask again when the
    /// connection of an open session has gone, it says 451.
    Duration idle = std::chrono::hours{2};
  };
  struct Counts {
    std::uint64_t asked = 0;
    std::uint64_t found = 0;
    std::uint64_t not_found = 0;
    std::uint64_t temporary = 0;
    std::uint64_t malformed = 0;  ///< their connections were closed
    std::uint64_t accepted = 0;   ///< connections
    std::uint64_t pushed_out = 0;
    std::size_t clients = 0;  ///< now
  };
  using Lookup = std::function<SocketmapAnswer(const IpAddress&)>;

  /// At one place, see listen_for_services().
  static Result<std::unique_ptr<SocketmapServer>> listen(const std::string& place, const std::string& group,
                                                         EventLoop& loop, Lookup lookup, Limits limits);
  SocketmapServer() = default;
  SocketmapServer(const SocketmapServer&) = delete;
  SocketmapServer& operator=(const SocketmapServer&) = delete;
  virtual ~SocketmapServer() = default;

  [[nodiscard]] virtual Counts counts() const = 0;
  /// 0 of a local socket.
  [[nodiscard]] virtual int port() const = 0;
};

}  // namespace systemcheck
