#pragma once

#include <sys/types.h>

#include <array>
#include <cstddef>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "os/connector_message.h"

namespace systemcheck {

/// One message as it came.
struct Datagram {
  static constexpr std::size_t limit_bytes = 128;  ///< what concerns us has 76
  std::array<char, limit_bytes> bytes{};
  std::size_t size = 0;  ///< 0: longer than that
  bool is_from_kernel = false;

  [[nodiscard]] std::string_view text() const { return {bytes.data(), size}; }
};

/// What there was to receive.
struct Received {
  enum class Kind { some, none, lost, failed };
  Kind kind = Kind::none;
  std::size_t count = 0;  ///< of `some`
  int error_number = 0;   ///< of `failed`
};

/// The socket to the process connector. A seam: there is only one kernel, and tests need another.
class ConnectorSocket {
 public:
  virtual ~ConnectorSocket() = default;
  [[nodiscard]] virtual int descriptor() const = 0;
  virtual Status send(std::string_view request) = 0;
  virtual Received receive(std::span<Datagram> into) = 0;
  virtual Status use_filter(std::vector<sock_filter> program) = 0;
};

/// What waits for us may take so much memory of the kernel; beyond it messages are lost, and we are told.
inline constexpr int connector_buffer_bytes = 1 << 18;

/// An error where there is no process connector: another network namespace, or a kernel without it.
Result<std::unique_ptr<ConnectorSocket>> open_connector(int buffer_bytes = connector_buffer_bytes);

}  // namespace systemcheck
