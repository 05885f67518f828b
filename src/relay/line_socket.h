#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "os/datagram_socket.h"
#include "os/event_loop.h"
#include "relay/log_source.h"

namespace systemcheck {

/// Lines that come to us, a datagram each, as rsyslog's omuxsock sends them. Only root may send: whoever else
/// can write here could let himself in. There is no place to go on from: what comes while we are away is
/// lost. Main thread.
class LineSocket final : public LogSource {
 public:
  LineSocket(EventLoop& loop, std::unique_ptr<DatagramSocket> socket, SourceHooks hooks);

  Status start() override;
  [[nodiscard]] const SourceStatus& status() const override { return status_; }

  /// So many are taken before others have their turn.
  static constexpr std::size_t datagrams_per_turn = 256;

 private:
  void take();
  void take_one(const ReceivedDatagram& datagram);
  void refuse(uid_t user);

  EventLoop& loop_;
  std::unique_ptr<DatagramSocket> socket_;
  const SourceHooks hooks_;
  SourceStatus status_{};
  std::vector<std::string> texts_{};
  std::vector<std::string_view> lines_{};
  std::optional<uid_t> refused_{};  ///< said of him
  Watch readable_{};
};

}  // namespace systemcheck
