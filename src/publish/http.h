#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "config/config.h"
#include "os/board.h"
#include "publish/view.h"

namespace systemcheck {

/// Serves the newest view on a thread of its own: /metrics, / , /-/healthy, /-/ready. GET and HEAD;
/// 404 elsewhere, 405 for other methods. Rendered once a view (gzip too), whoever asks how often.
///
/// /-/healthy is 200 as long as the daemon answers; /-/ready is 503 until the first cycle is
/// published, and again while the newest one is older than three cycles.
class HttpServer {
 public:
  /// Binds every address of `config` or none. `views` outlives the server.
  static Result<std::unique_ptr<HttpServer>> start(const HttpConfig& config, const Board<View>& views);
  virtual ~HttpServer() = default;

  /// What was bound, with the real port where 0 was asked for: "127.0.0.1:10060".
  [[nodiscard]] virtual std::vector<std::string> addresses() const = 0;
};

}  // namespace systemcheck
