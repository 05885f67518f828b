#include "publish/http_orders.h"

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/json_text.h"
#include "base/text.h"
#include "config/values.h"
#include "decide/ownership.h"
#include "publish/api.h"
#include "publish/http_secrets.h"

namespace systemcheck {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view services_path = "/api/v1/services/";
constexpr std::string_view groups_path = "/api/v1/groups/";
constexpr std::size_t reason_bytes_max = 256;

/// For programs, as the other problems of the API have it.
std::string_view word_of(int code) {
  switch (code) {
    case 400:
      return "bad_request";
    case 401:
      return "login_needed";
    case 403:
      return "not_allowed";
    case 404:
      return "no_such_target";
    case 405:
      return "wrong_method";
    case 409:
      return "not_done";
    case 411:
      return "length_needed";
    case 413:
      return "too_long";
    case 415:
      return "not_json";
    case 429:
      return "too_often";
    default:
      return "busy";
  }
}

struct Place {
  bool is_group = false;
  std::string_view name{};
  CommandVerb verb = CommandVerb::release;
};

std::optional<Place> parse_place(std::string_view path) {
  Place place{.is_group = path.starts_with(groups_path)};
  if (!place.is_group && !path.starts_with(services_path)) return std::nullopt;
  path.remove_prefix(place.is_group ? groups_path.size() : services_path.size());
  const auto slash = path.find('/');
  if (slash == 0 || slash == std::string_view::npos) return std::nullopt;
  const auto verb = from_word<CommandVerb>(path.substr(slash + 1));
  if (!verb) return std::nullopt;
  place.name = path.substr(0, slash);
  place.verb = *verb;
  return place;
}

bool is_there(const Place& place, const View& view) {
  if (place.is_group)
    return std::ranges::find(view.config->groups, place.name, &Group::name) != view.config->groups.end();
  return std::ranges::find(view.services, place.name, &ServiceRow::name) != view.services.end();
}

/// A page of another site could make its reader's browser send this; one of ours cannot be made to.
bool is_from_elsewhere(const HttpActing& acting) {
  const auto& site = acting.fetch_site;
  if (!site.empty() && site != "same-origin" && site != "none") return true;
  if (acting.origin.empty()) return false;  // No browser.
  const auto scheme = acting.origin.find("://");
  return scheme == std::string_view::npos || acting.host.empty() ||
         acting.origin.substr(scheme + 3) != acting.host;
}

bool is_json(std::string_view content_type) {
  const auto type = content_type.substr(0, content_type.find_first_of("; \t"));
  return std::ranges::equal(type, std::string_view("application/json"), {},
                            [](char c) { return std::tolower(static_cast<unsigned char>(c)); });
}

HttpProblem bad(std::string detail) { return {.code = 400, .detail = std::move(detail)}; }

std::optional<std::string> text_at(const Json& json, const char* key) {
  const auto found = json.find(key);
  if (found == json.end() || !found->is_string()) return std::nullopt;
  return found->get<std::string>();
}

std::optional<HttpProblem> read_body(std::string_view body, HttpOrder& order) {
  const auto json = body.empty() ? Json::object() : Json::parse(body, nullptr, false);
  if (!json.is_object()) return bad("the body is not a JSON object");
  const bool is_maintenance = order.verb == CommandVerb::maintenance;
  for (const auto& item : json.items()) {
    if (!is_maintenance || (item.key() != "for" && item.key() != "reason"))
      return bad("'" + printable(item.key(), 64) + "' is not known here");
  }
  if (!is_maintenance) return std::nullopt;
  const auto length = text_at(json, "for");
  const auto reason = text_at(json, "reason");
  if (!length || !reason || reason->empty()) return bad(R"(maintenance takes {"for": "2h", "reason": "…"})");
  const auto duration = DurationWithin{std::chrono::seconds{1}, maintenance_max}(*length);
  if (!duration) return bad("for: " + duration.error().message);
  order.length = *duration;
  order.reason = printable(*reason, reason_bytes_max);
  return std::nullopt;
}

std::int64_t seconds_of(WallTime time) {
  return std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count();
}

}  // namespace

std::string problem_json(const HttpProblem& problem) {
  return problem_json(problem.code, word_of(problem.code), printable(problem.detail, 1024));
}

std::optional<HttpProblem> find_refusal(const std::string& outcome) {
  const auto json = Json::parse(outcome, nullptr, false);
  const auto error = json.is_object() ? text_at(json, "error") : std::nullopt;
  return error ? std::optional(HttpProblem{.code = 409, .detail = *error}) : std::nullopt;
}

bool HttpActs::is_session(std::string_view path) { return path == "/api/v1/session"; }

bool HttpActs::is_order(std::string_view path) { return parse_place(path).has_value(); }

std::string HttpActs::why_not(const HttpAsker& asker) const {
  if (may_act_.empty()) return "acting over HTTP is switched off (http.may_act)";
  if (asker.user.empty()) return "nobody has logged in";
  if (std::ranges::find(may_act_, asker.user) == may_act_.end())
    return "user '" + asker.user + "' may not act (http.may_act)";
  if (!asker.is_private) return "acting takes TLS, or a client on this machine";
  return {};
}

std::string HttpActs::session_json(const HttpAsker& asker, WallTime now) const {
  const auto reason = why_not(asker);
  const auto token = reason.empty() ? make_token(asker.user, now + csrf_token_time) : std::string();
  Json json;
  json["user"] = asker.user.empty() ? Json(nullptr) : Json(asker.user);
  json["may_act"] = reason.empty();
  json["csrf"] = token.empty() ? Json(nullptr) : Json(token);
  json["why_not"] = reason.empty() ? Json(nullptr) : Json(reason);
  return json_document(json);
}

std::variant<HttpProblem, HttpOrder> HttpActs::judge(const HttpActing& acting, const HttpAsker& asker,
                                                     const View& view, WallTime now) const {
  const auto place = parse_place(acting.path);
  if (!place) return HttpProblem{.code = 404, .detail = "there is nothing to act on"};
  if (acting.method != "POST")
    return HttpProblem{.code = 405, .detail = "orders are given by POST", .allow = "POST"};
  if (const auto reason = why_not(asker); !reason.empty()) return HttpProblem{.code = 403, .detail = reason};
  if (is_from_elsewhere(acting))
    return HttpProblem{.code = 403, .detail = "this comes from a page of another site"};
  if (!is_token(acting.csrf_token, asker.user, now))
    return HttpProblem{.code = 403,
                       .detail = "X-CSRF-Token is missing, wrong or too old: GET /api/v1/session has one"};
  if (!is_json(acting.content_type))
    return HttpProblem{.code = 415, .detail = "Content-Type must be application/json"};
  HttpOrder order{.verb = place->verb, .target = std::string(place->name)};
  if (auto problem = read_body(acting.body, order)) return *std::move(problem);
  if (!is_there(*place, view))
    return HttpProblem{
        .code = 404,
        .detail = "'" + printable(place->name, 64) + "' is not a " + (place->is_group ? "group" : "service")};
  order.asked_by = "http " + printable(asker.user, 64) + " from " + asker.peer;
  return order;
}

std::string HttpActs::make_token(const std::string& user, WallTime until) const {
  const auto expiry = std::to_string(seconds_of(until));
  const auto signature = keyed_digest(key_, {"csrf", user, expiry});
  return signature.empty() ? signature : expiry + '.' + signature;
}

bool HttpActs::is_token(std::string_view token, const std::string& user, WallTime now) const {
  const auto dot = token.find('.');
  if (dot == std::string_view::npos) return false;
  const auto expiry = token.substr(0, dot);
  const auto until = parse_number<std::int64_t>(expiry);
  return until && *until > seconds_of(now) &&
         is_equal_secretly(token.substr(dot + 1), keyed_digest(key_, {"csrf", user, expiry}));
}

}  // namespace systemcheck
