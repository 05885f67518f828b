#include "daemon/command_answer.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/json_text.h"
#include "base/text.h"

namespace systemcheck {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t detail_limit_bytes = 1024;

Json service_json(const ServiceAnswer& answer) {
  Json json;
  json["name"] = answer.name;
  json["result"] = answer.result;
  json["status"] = word(answer.status);
  json["detail"] = printable(answer.detail, detail_limit_bytes);
  json["state"] = word(answer.state);
  json["until"] = answer.until ? Json(wall_time_text(*answer.until)) : Json(nullptr);
  json["took_seconds"] = in_seconds(answer.took);
  return json;
}

CheckStatus worst_of(const std::vector<ServiceAnswer>& services) {
  auto worst = CheckStatus::ok;
  for (const auto& one : services)
    worst = std::max(worst, one.status);
  return worst;
}

}  // namespace

CheckStatus status_of(DemandEnd::Kind kind) {
  const bool is_as_wanted = kind == DemandEnd::Kind::verified || kind == DemandEnd::Kind::needless;
  return is_as_wanted ? CheckStatus::ok : CheckStatus::critical;
}

std::string command_json(const CommandAnswer& answer) {
  Json json;
  json["schema"] = 1;
  json["command"] = answer.command;
  json["target"] = answer.target;
  json["asked_by"] = answer.asked_by;
  json["status"] = word(worst_of(answer.services));
  json["services"] = Json::array();
  for (const auto& one : answer.services)
    json["services"].push_back(service_json(one));
  return json_document(json);
}

std::string plan_line(const CommandAnswer& answer, const std::vector<std::string>& names) {
  return json_line(Json{
      {"progress", "planned"}, {"command", answer.command}, {"target", answer.target}, {"services", names}});
}

std::string step_line(const std::string& service, DemandStep step) {
  return json_line(Json{{"progress", word(step)}, {"service", service}});
}

std::string end_line(const ServiceAnswer& answer) {
  return json_line(Json{{"progress", "ended"}, {"service", answer.name}, {"answer", service_json(answer)}});
}

std::string refusal_json(std::string_view message) {
  return json_line(Json{{"error", printable(message, detail_limit_bytes)}}) + "\n";
}

}  // namespace systemcheck
