#include "publish/api.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "base/json_text.h"
#include "base/text.h"
#include "publish/page_files.h"
#include "publish/service_json.h"
#include "publish/status_json.h"
#include "publish/view_words.h"
#include "publish/watch_json.h"

namespace systemcheck {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view of_one_service = "services/";

ApiAnswer problem(int status, std::string_view code, std::string_view detail) {
  return {.code = status, .text = problem_json(status, code, detail)};
}

/// `or_else` where it is not given; nothing where it is no number.
std::optional<std::uint64_t> number_of(const Argument& argument, const char* name, std::uint64_t or_else) {
  const auto text = argument ? argument(name) : std::nullopt;
  return text ? parse_number<std::uint64_t>(*text) : or_else;
}

Json event_json(const EventRow& event) {
  Json json;
  json["number"] = event.number;
  json["time"] = wall_time_text(event.at);
  json["kind"] = word(event.kind);
  json["subject"] = published_text(event.subject);
  json["what"] = published_text(event.what);
  json["owner"] = word(event.owner);
  json["actor"] = published_text(event.actor);
  json["result"] = event.result == ActionResult::none ? Json(nullptr) : Json(word(event.result));
  json["text"] = published_text(event.text);
  return json;
}

/// What every answer about now begins with.
Json begun(const View& view) {
  Json json;
  json["schema"] = 1;
  json["sequence"] = view.sequence;
  json["time"] = view.sequence == 0 ? Json(nullptr) : Json(wall_time_text(view.posted_at));
  return json;
}

ApiAnswer services(const View& view) {
  auto json = begun(view);
  json["services"] = services_json(view);
  return {.text = json_document(json)};
}

ApiAnswer service(const View& view, std::string_view name) {
  const auto row = std::ranges::find(view.services, name, &ServiceRow::name);
  if (row == view.services.end()) return problem(404, "no_such_service", "No such service is watched.");
  auto json = begun(view);
  json["service"] = service_json(*row);
  json["probes"] = Json::array();
  for (const auto& probe : row->probes)
    json["probes"].push_back(probe_json(probe.state));
  json["next"] = next_json(view, *row);
  json["policy"] = policy_json(view.config->restart_policy);
  json["events"] = Json::array();
  for (const auto& event : *view.events) {
    if (event->subject == row->name) json["events"].push_back(event_json(*event));
  }
  return {.text = json_document(json)};
}

ApiAnswer events(const View& view, const Argument& argument) {
  const auto after = number_of(argument, "after", 0);
  const auto limit = number_of(argument, "limit", api_events_max);
  if (!after || !limit || *limit == 0 || *limit > api_events_max)
    return problem(400, "bad_argument", "\"after\" is a number, \"limit\" one from 1 to 64.");
  auto json = begun(view);
  json["daemon_started"] = wall_time_text(view.daemon.started_at);
  json["last"] = view.events->empty() ? 0 : view.events->back()->number;
  json["events"] = Json::array();
  for (const auto& event : *view.events) {
    if (event->number > *after && json["events"].size() < *limit)
      json["events"].push_back(event_json(*event));
  }
  return {.text = json_document(json)};
}

struct Series {
  std::string_view name{};
  float MachineSample::*value = nullptr;
};
constexpr std::array all_series{Series{"load", &MachineSample::load},
                                Series{"load_per_cpu", &MachineSample::load_per_cpu},
                                Series{"memory_usable_ratio", &MachineSample::usable_ratio},
                                Series{"relay_clients", &MachineSample::relay_clients}};

/// Of a float no more digits than it has.
Json rounded(float value) {
  if (std::isnan(value)) return nullptr;
  constexpr double places = 1e4;
  return std::round(static_cast<double>(value) * places) / places;
}

ApiAnswer series(const View& view, const Argument& argument) {
  const auto after = number_of(argument, "after", 0);
  const auto wanted = argument ? argument("name") : std::nullopt;
  const bool is_known = !wanted || std::ranges::find(all_series, *wanted, &Series::name) != all_series.end();
  if (!after || !is_known)
    return problem(400, "bad_argument",
                   "\"after\" is a number of seconds since the epoch, \"name\" one of load, load_per_cpu, "
                   "memory_usable_ratio, relay_clients.");
  const auto& samples = *view.samples;
  const auto first = std::ranges::find_if(
      samples, [&](const MachineSample& it) { return epoch_seconds(it.at) > static_cast<double>(*after); });
  auto json = begun(view);
  json["interval_seconds"] = in_seconds(std::max(sample_interval, view.daemon.cycle_interval));
  json["times"] = Json::array();
  json["is_shedding"] = Json::array();
  for (auto it = first; it != samples.end(); ++it) {
    json["times"].push_back(static_cast<std::int64_t>(epoch_seconds(it->at)));
    json["is_shedding"].push_back(it->is_shedding);
  }
  for (const auto& one : all_series) {
    if (wanted && *wanted != one.name) continue;
    auto& values = json["series"][std::string(one.name)] = Json::array();
    for (auto it = first; it != samples.end(); ++it)
      values.push_back(rounded((*it).*one.value));
  }
  // A line a number would be most of it.
  return {.text = json_line(json) + '\n'};
}

}  // namespace

std::string_view api_handler(std::string_view path) {
  constexpr std::array<std::string_view, 6> whole{"status", "services", "events",
                                                  "series", "stream",   "openapi.json"};
  constexpr std::array<std::string_view, 6> handlers{"/api/v1/status", "/api/v1/services",
                                                     "/api/v1/events", "/api/v1/series",
                                                     "/api/v1/stream", "/api/v1/openapi.json"};
  const auto found = std::ranges::find(whole, path);
  if (found != whole.end()) return handlers.at(static_cast<std::size_t>(found - whole.begin()));
  const bool is_service = path.starts_with(of_one_service) && path.size() > of_one_service.size();
  return is_service ? "/api/v1/services/NAME" : std::string_view{};
}

std::string problem_json(int status, std::string_view code, std::string_view detail) {
  constexpr std::array<std::pair<int, std::string_view>, 11> titles{{{400, "Bad Request"},
                                                                     {401, "Unauthorized"},
                                                                     {403, "Forbidden"},
                                                                     {404, "Not Found"},
                                                                     {405, "Method Not Allowed"},
                                                                     {409, "Conflict"},
                                                                     {411, "Length Required"},
                                                                     {413, "Content Too Large"},
                                                                     {415, "Unsupported Media Type"},
                                                                     {429, "Too Many Requests"},
                                                                     {503, "Service Unavailable"}}};
  const auto title = std::ranges::find(titles, status, &std::pair<int, std::string_view>::first);
  Json json;
  json["type"] = "about:blank";
  json["title"] = title == titles.end() ? "Error" : title->second;
  json["status"] = status;
  json["code"] = code;
  json["detail"] = detail;
  return json_document(json);
}

ApiAnswer answer_api(const View& view, std::string_view path, const Argument& argument) {
  if (path == "status") return {.text = status_json(view)};
  if (path == "services") return services(view);
  if (path == "events") return events(view, argument);
  if (path == "series") return series(view, argument);
  if (path == "openapi.json") return {.text = std::string(openapi_json)};
  if (api_handler(path) == "/api/v1/services/NAME") return service(view, path.substr(of_one_service.size()));
  return problem(404, "no_such_path", "There is nothing here: /api/v1/openapi.json says what there is.");
}

}  // namespace systemcheck
