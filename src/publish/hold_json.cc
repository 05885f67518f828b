#include "publish/hold_json.h"

#include "publish/view_words.h"

namespace systemcheck {

nlohmann::ordered_json hold_json(const HoldRow& hold) {
  nlohmann::ordered_json json;
  json["by"] = word(hold.by);
  json["origin"] = word(hold.origin);
  json["reason"] = published_text(hold.reason);
  json["asked_by"] = published_text(hold.asked_by);
  json["since"] = wall_time_text(hold.since);
  json["until"] =
      hold.until ? nlohmann::ordered_json(wall_time_text(*hold.until)) : nlohmann::ordered_json(nullptr);
  json["remaining_seconds"] =
      hold.until ? nlohmann::ordered_json(in_seconds(hold.remaining)) : nlohmann::ordered_json(nullptr);
  return json;
}

}  // namespace systemcheck
