#pragma once

#include <sys/types.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace systemcheck {

struct ReceivedDatagram {
  std::string_view text{};  ///< valid until the next one is received
  bool was_cut = false;     ///< it was longer than datagram_bytes_max
  uid_t sender = 0;         ///< who sent it, as the kernel says; nobody where it does not
};

/// A local socket to which others send datagrams. A seam: who sends is not ours to choose in a test. Main
/// thread.
class DatagramSocket {
 public:
  virtual ~DatagramSocket() = default;
  [[nodiscard]] virtual int descriptor() const = 0;
  [[nodiscard]] virtual const std::string& path() const = 0;
  /// Nothing when none is there. Never waits.
  virtual std::optional<ReceivedDatagram> receive() = 0;
};

/// What is longer is cut.
inline constexpr std::size_t datagram_bytes_max = 16384;

/// Bound at `path`, which only root (or we) can send to; its directory is made (0755) if missing. A socket
/// that nobody is bound to any more is replaced; an error of kind refused if somebody is, or where it is no
/// socket. It takes its name with it when it goes.
Result<std::unique_ptr<DatagramSocket>> bind_datagram_socket(const std::string& path);

}  // namespace systemcheck
