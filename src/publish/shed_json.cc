#include "publish/shed_json.h"

#include <algorithm>
#include <tuple>

#include "publish/view_words.h"

namespace systemcheck {
namespace {

using Json = nlohmann::ordered_json;

Json service_json(const ShedServiceRow& row) {
  Json json;
  json["name"] = published_text(row.name);
  json["priority"] = row.priority;
  json["phase"] = word(row.phase);
  json["is_rehearsed"] = row.is_rehearsed;
  json["obstacle"] = word(row.obstacle);
  json["text"] = published_text(row.words);
  json["bytes"] = row.bytes;
  json["predicted_bytes"] = row.predicted_bytes;
  json["returned_bytes"] = row.returned_bytes;
  json["backoff_seconds"] = in_seconds(row.backoff);
  return json;
}

}  // namespace

Json shed_json(const ShedRow& row) {
  Json json;
  json["mode"] = word(row.mode);
  json["state"] = word(row.state);
  json["shortage"] = word(row.shortage);
  json["text"] = published_text(row.words);
  json["total_bytes"] = row.total_bytes;
  json["usable_bytes"] = row.usable_bytes;
  json["pending_bytes"] = row.pending_bytes;
  json["to_critical_seconds"] = row.to_critical ? Json(in_seconds(*row.to_critical)) : Json(nullptr);
  json["services"] = Json::array();
  auto services = row.services;
  std::ranges::sort(services, {},
                    [](const ShedServiceRow& it) { return std::make_tuple(it.priority, it.bytes, it.name); });
  for (const auto& service : services)
    json["services"].push_back(service_json(service));
  return json;
}

}  // namespace systemcheck
