#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "os/board.h"
#include "publish/api.h"
#include "publish/http_page.h"
#include "publish/prometheus.h"
#include "publish/view.h"

namespace systemcheck {

struct HttpRequest {
  std::string_view method{};
  std::string_view path{};  ///< without the query
  std::string_view accept_encoding{};
  std::string_view if_none_match{};
  Argument argument{};
};

enum class Encoding { plain, gzip };

struct HttpAnswer {
  int code = 200;
  std::string_view content_type = "text/plain; charset=utf-8";
  /// Also of a HEAD request, which then is answered with the size alone.
  std::shared_ptr<const std::string> body{};
  Encoding encoding = Encoding::plain;
  bool varies = false;  ///< another Accept-Encoding may get another encoding
  std::string_view cache_control = "no-store";
  std::string etag{};                ///< empty: none
  unsigned retry_after_seconds = 0;  ///< of a 503
  bool is_stream = false;            ///< 200: what is sent is a FollowedView, and has no end
};

/// What a page about old facts must say: the newest cycle is more than three intervals old.
Freshness check_freshness(const View& view, Instant now);

/// The pages, without the protocol. Belongs to one thread, that of its address; only requests() may
/// be read from others. Each page is rendered once a view, however often it is asked for.
class HttpSite {
 public:
  using Clock = std::function<Instant()>;
  using AllRequests = std::function<RequestCounts()>;

  /// `all_requests` counts over all addresses of the server.
  HttpSite(const Board<View>& views, Clock now, AllRequests all_requests);

  HttpAnswer answer(const HttpRequest& request);
  /// What was answered by somebody else.
  void count(std::string_view path, int code);
  /// What this site has answered.
  [[nodiscard]] const Board<RequestCounts>& requests() const { return requests_; }

 private:
  struct Rendered {
    std::uint64_t sequence = 0;
    Freshness freshness = Freshness::fresh;
    std::shared_ptr<const std::string> plain{};
    std::shared_ptr<const std::string> gzip{};  ///< made when it is first asked for
  };

  HttpAnswer route(const HttpRequest& request);
  HttpAnswer metrics(const HttpRequest& request);
  HttpAnswer page(const HttpRequest& request);
  HttpAnswer api(const HttpRequest& request);
  [[nodiscard]] HttpAnswer ready() const;
  static HttpAnswer rendered(Rendered& rendered, const HttpRequest& request);
  static HttpAnswer page_file(std::optional<Rendered>& file, std::string_view text,
                              const HttpRequest& request);

  const Board<View>& views_;
  const Clock now_;
  const AllRequests all_requests_;
  std::optional<Rendered> metrics_{};
  std::optional<Rendered> page_{};
  std::optional<Rendered> style_{};
  std::optional<Rendered> script_{};
  RequestCounts counts_{};
  Board<RequestCounts> requests_{};
};

}  // namespace systemcheck
