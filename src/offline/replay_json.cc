#include <nlohmann/json.hpp>

#include "base/json_text.h"
#include "base/text.h"
#include "offline/replay_text.h"

namespace systemcheck {
namespace {

using Json = nlohmann::ordered_json;

constexpr int schema = 1;

Json said_json(const std::optional<Said>& said) {
  if (!said) return nullptr;
  Json json{{"state", word(said->state)}, {"restart", said->is_restart}, {"attempt", said->attempt}};
  json["withheld"] = said->withheld ? Json(word(*said->withheld)) : Json(nullptr);
  if (said->until) json["until"] = wall_time_text(*said->until);
  json["reason"] = printable(said->reason);
  if (!said->taken.empty()) json["taken"] = printable(said->taken);
  if (said->is_after_end) json["after_end"] = true;
  return json;
}

Json count_json(const ReplayCount& count) {
  Json json{{"restarts", count.restarts}, {"withheld", Json::object()}};
  for (std::size_t i = 0; i < count.withheld.size(); ++i) {
    if (count.withheld.at(i) != 0)
      json["withheld"][std::string(Words<Suppressed>::all.at(i))] = count.withheld.at(i);
  }
  json["longest_down_seconds"] = in_seconds(count.longest_down);
  json["longest_down_of"] = printable(count.longest_down_of);
  return json;
}

}  // namespace

std::string replay_json(const Replayed& replayed, bool only_differences) {
  Json json{{"schema", schema}, {"equal", replayed.differences == 0}, {"differences", replayed.differences}};
  json["from"] = replayed.first ? Json(wall_time_text(*replayed.first)) : Json(nullptr);
  json["to"] = replayed.last ? Json(wall_time_text(*replayed.last)) : Json(nullptr);
  json["then"] = count_json(replayed.then);
  json["now"] = count_json(replayed.now);
  json["taken"] = replayed.taken;
  json["left_out"] = replayed.left_out;
  json["not_configured"] = Json::array();
  for (const auto& name : replayed.not_configured)
    json["not_configured"].push_back(printable(name));
  json["lines"] = Json::array();
  for (const auto& line : replayed.lines) {
    if (only_differences && !line.is_different) continue;
    json["lines"].push_back({{"time", wall_time_text(line.any().at)},
                             {"service", printable(line.service)},
                             {"different", line.is_different},
                             {"then", said_json(line.then)},
                             {"now", said_json(line.now)}});
  }
  return json_document(json);
}

}  // namespace systemcheck
