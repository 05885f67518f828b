#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "config/config.h"
#include "os/board.h"
#include "os/clock.h"
#include "os/inbox.h"
#include "publish/http_gate.h"
#include "publish/http_orders.h"
#include "publish/view.h"

namespace systemcheck {

/// Who may come in, and where what they order goes.
struct HttpAccess {
  std::shared_ptr<const HttpWeb> web{};        ///< null: everybody may come in, in the clear
  std::shared_ptr<Inbox<HttpOrder>> orders{};  ///< null: nobody carries any out
  std::function<WallTime()> wall_now = systemcheck::wall_now;
};

/// Serves the newest view: /, /api/v1/, /metrics, /-/healthy, /-/ready. GET and HEAD; 404 elsewhere, 405 for
/// other methods. One thread an address, which renders a page once a view (gzip too), whoever asks
/// how often.
///
/// /-/healthy is 200 as long as the daemon answers; /-/ready is 503 until the first cycle is
/// published, and again while the newest one is older than three cycles.
class HttpServer {
 public:
  /// Binds every address of `config` or none. `views` outlives the server; `now` is asked on the
  /// server's threads.
  static Result<std::unique_ptr<HttpServer>> start(const HttpConfig& config, const Board<View>& views,
                                                   const std::function<Instant()>& now = steady_now,
                                                   HttpAccess access = {});
  virtual ~HttpServer() = default;

  /// What was bound, with the real port where 0 was asked for: "127.0.0.1:10060".
  [[nodiscard]] virtual std::vector<std::string> addresses() const = 0;
  /// From now on, for whoever asks or connects. Refused where it would turn TLS on or off.
  virtual Status use(std::shared_ptr<const HttpWeb> web) = 0;

  /// After every post, and every `http_heartbeat`: who follows is told of the newest view or, where it is the
  /// same, that the daemon lives. Any thread; waits for nobody.
  virtual void wake_followers() = 0;
};

// What one client may cost; see also http_connections.h.
inline constexpr std::size_t http_addresses_max = 16;
inline constexpr unsigned http_streams_max = 64;  ///< for each address
inline constexpr Duration http_heartbeat = std::chrono::seconds{15};
inline constexpr unsigned http_idle_seconds_max = 10;               ///< then the connection is closed
inline constexpr std::size_t http_connection_memory_bytes = 16384;  ///< request line and headers must fit

}  // namespace systemcheck
