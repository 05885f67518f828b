#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/units.h"
#include "os/socket.h"

namespace systemcheck {

/// TLS over a connected socket that never waits. The certificate is read, not believed: what listens
/// on loopback is asked whether it answers, and for how long its certificate is still good.
class TlsSession {
 public:
  struct Outcome {
    SocketOutcome socket{};
    bool wants_to_write = false;  ///< while it would wait: for what
    std::string problem{};        ///< the protocol's own failures; error_number is 0 then
  };

  /// `socket` must live longer.
  static Result<std::unique_ptr<TlsSession>> make(int socket, const std::string& server_name);
  TlsSession(const TlsSession&) = delete;
  TlsSession& operator=(const TlsSession&) = delete;
  ~TlsSession();

  /// To be called again while it would wait.
  Outcome shake_hands();
  Outcome send(std::string_view bytes);
  Outcome take(std::span<char> into);
  /// After the handshake.
  [[nodiscard]] std::optional<WallTime> expires_at() const;

 private:
  struct State;
  explicit TlsSession(std::unique_ptr<State> state);
  [[nodiscard]] Outcome outcome_of(long code) const;

  std::unique_ptr<State> state_;
};

}  // namespace systemcheck
