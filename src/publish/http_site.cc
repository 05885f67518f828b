#include "publish/http_site.h"

#include <algorithm>
#include <array>
#include <utility>

#include "publish/gzip.h"
#include "publish/http_accept.h"

namespace systemcheck {
namespace {

constexpr std::array<std::string_view, 5> pages{"/", "/metrics", "/-/healthy", "/-/ready", "/api/v1/stream"};
constexpr int stale_after_cycles = 3;
constexpr std::string_view exposition_type = "text/plain; version=0.0.4; charset=utf-8";

HttpAnswer plain_answer(int code, std::string text) {
  return HttpAnswer{.code = code, .body = std::make_shared<const std::string>(std::move(text))};
}

/// The body is what HEAD is answered with, and what nobody can read.
HttpAnswer stream_answer(const HttpRequest& request) {
  auto answer = plain_answer(200, "");
  answer.content_type = "text/event-stream; charset=utf-8";
  answer.is_stream = request.method == "GET";
  return answer;
}

bool is_page(std::string_view path) { return std::find(pages.begin(), pages.end(), path) != pages.end(); }

}  // namespace

Freshness check_freshness(const View& view, Instant now) {
  const auto age = now - view.snapshot->taken;
  return age > stale_after_cycles * view.daemon.cycle_interval ? Freshness::stale : Freshness::fresh;
}

HttpSite::HttpSite(const Board<View>& views, Clock now, AllRequests all_requests)
    : views_(views), now_(std::move(now)), all_requests_(std::move(all_requests)) {}

HttpAnswer HttpSite::answer(const HttpRequest& request) {
  auto answer = route(request);
  count(request.path, answer.code);
  return answer;
}

HttpAnswer HttpSite::route(const HttpRequest& request) {
  if (!is_page(request.path))
    return plain_answer(404, "There is no such page. There are /, /metrics, /-/healthy and /-/ready.\n");
  if (request.method != "GET" && request.method != "HEAD")
    return plain_answer(405, "Pages can only be read: GET or HEAD.\n");
  if (request.path == "/metrics") return metrics(request);
  if (request.path == "/-/healthy") return plain_answer(200, "healthy\n");
  if (request.path == "/api/v1/stream") return stream_answer(request);
  return request.path == "/-/ready" ? ready() : page(request);
}

HttpAnswer HttpSite::metrics(const HttpRequest& request) {
  const auto view = views_.newest();
  if (!metrics_ || metrics_->sequence != view->sequence) {
    auto text = exposition(describe_view(*view, all_requests_()));
    metrics_ =
        Rendered{.sequence = view->sequence, .plain = std::make_shared<const std::string>(std::move(text))};
  }
  auto answer = rendered(*metrics_, request);
  answer.content_type = exposition_type;
  return answer;
}

HttpAnswer HttpSite::page(const HttpRequest& request) {
  const auto view = views_.newest();
  const auto freshness = check_freshness(*view, now_());
  if (!page_ || page_->sequence != view->sequence || page_->freshness != freshness) {
    page_ = Rendered{.sequence = view->sequence,
                     .freshness = freshness,
                     .plain = std::make_shared<const std::string>(html_page(*view, freshness))};
  }
  auto answer = rendered(*page_, request);
  answer.content_type = "text/html; charset=utf-8";
  return answer;
}

HttpAnswer HttpSite::ready() const {
  const auto view = views_.newest();
  if (view->snapshot->cycle == 0) return plain_answer(503, "not ready: no cycle has been completed yet\n");
  if (check_freshness(*view, now_()) == Freshness::fresh) return plain_answer(200, "ready\n");
  return plain_answer(503, "not ready: the last cycle was " + duration_words(now_() - view->snapshot->taken) +
                               " ago, one is due every " + duration_words(view->daemon.cycle_interval) +
                               '\n');
}

HttpAnswer HttpSite::rendered(Rendered& rendered, const HttpRequest& request) {
  HttpAnswer answer{.body = rendered.plain, .varies = true};
  if (!accepts_gzip(request.accept_encoding)) return answer;
  if (!rendered.gzip) {
    auto packed = gzip(*rendered.plain);
    if (!packed) return answer;  // The plain text is as good, only longer.
    rendered.gzip = std::make_shared<const std::string>(*std::move(packed));
  }
  answer.body = rendered.gzip;
  answer.encoding = Encoding::gzip;
  return answer;
}

/// Paths are the client's choice: those that are no page share one counter.
void HttpSite::count(std::string_view path, int code) {
  const bool is_known = is_page(path) && code != 405;
  ++counts_[{is_known ? std::string(path) : "other", code}];
  requests_.post(std::make_shared<const RequestCounts>(counts_));
}

}  // namespace systemcheck
