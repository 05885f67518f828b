#include "publish/http_site.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "publish/gzip.h"
#include "publish/http_accept.h"
#include "publish/page_files.h"

namespace systemcheck {
namespace {

constexpr std::array<std::string_view, 6> pages{"/",        "/metrics",   "/-/healthy",
                                                "/-/ready", "/style.css", "/script.js"};
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

bool is_api(std::string_view path) { return path.starts_with(api_prefix); }

/// By what a path is counted. Empty: there is no such page.
std::string_view handler_of(std::string_view path) {
  if (is_api(path)) return api_handler(path.substr(api_prefix.size()));
  return std::ranges::find(pages, path) == pages.end() ? std::string_view{} : path;
}

/// Another view has another one, also of a daemon that was started anew and counts from 1 again.
std::string etag_of(const View& view) {
  return fmt::format(R"(W/"{:x}-{}")", view.daemon.started_at.time_since_epoch().count(), view.sequence);
}

HttpAnswer problem_answer(int code, std::string_view word, std::string_view sentence) {
  auto answer = plain_answer(code, problem_json(code, word, sentence));
  answer.content_type = problem_type;
  return answer;
}

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
  const bool is_reading = request.method == "GET" || request.method == "HEAD";
  if (is_api(request.path) && is_reading) return api(request);
  if (is_api(request.path)) return problem_answer(405, "only_to_read", "This can only be read: GET or HEAD.");
  if (handler_of(request.path).empty())
    return plain_answer(404,
                        "There is no such page. There are /, /api/v1/, /metrics, /-/healthy and /-/ready.\n");
  if (!is_reading) return plain_answer(405, "Pages can only be read: GET or HEAD.\n");
  if (request.path == "/metrics") return metrics(request);
  if (request.path == "/-/healthy") return plain_answer(200, "healthy\n");
  if (request.path == "/style.css") return page_file(style_, style_css, request);
  if (request.path == "/script.js") return page_file(script_, script_js, request);
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

/// Asked for with its version behind it, so that it is asked for once.
HttpAnswer HttpSite::page_file(std::optional<Rendered>& file, std::string_view text,
                               const HttpRequest& request) {
  if (!file) file = Rendered{.plain = std::make_shared<const std::string>(text)};
  auto answer = rendered(*file, request);
  answer.content_type =
      request.path.ends_with(".css") ? "text/css; charset=utf-8" : "text/javascript; charset=utf-8";
  answer.cache_control = "public, max-age=31536000, immutable";
  return answer;
}

HttpAnswer HttpSite::api(const HttpRequest& request) {
  const auto view = views_.newest();
  const auto path = request.path.substr(api_prefix.size());
  if (path == "stream") return stream_answer(request);
  const auto etag = etag_of(*view);
  HttpAnswer answer;
  if (request.if_none_match.find(etag) != std::string_view::npos && !api_handler(path).empty()) {
    answer = plain_answer(304, "");
  } else {
    auto [code, text] = answer_api(*view, path, request.argument);
    Rendered once{.plain = std::make_shared<const std::string>(std::move(text))};
    answer = rendered(once, request);
    answer.code = code;
  }
  answer.content_type = answer.code < 400 ? "application/json" : problem_type;
  if (answer.code < 400) answer.etag = etag;
  answer.cache_control = "no-cache";
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
  const auto handler = handler_of(path);
  const bool is_known = !handler.empty() && code != 405;
  ++counts_[{is_known ? std::string(handler) : "other", code}];
  requests_.post(std::make_shared<const RequestCounts>(counts_));
}

}  // namespace systemcheck
