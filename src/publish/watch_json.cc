#include "publish/watch_json.h"

#include "publish/next_words.h"
#include "publish/view_words.h"

namespace systemcheck {

using Json = nlohmann::ordered_json;

Json policy_json(const RestartPolicy& policy) {
  return {{"text", policy_words(policy)},
          {"first_seconds", in_seconds(policy.first)},
          {"backoff_seconds", in_seconds(policy.backoff)},
          {"backoff_max_seconds", in_seconds(policy.backoff_max)},
          {"reset_after_seconds", in_seconds(policy.reset_after)},
          {"grace_seconds", in_seconds(policy.grace)}};
}

Json probe_json(const ProbeState& probe) {
  Json json;
  json["name"] = published_text(probe.name);
  json["result"] = word(probe.last);
  json["since"] = wall_time_text(probe.since);
  json["duration_seconds"] = in_seconds(probe.last_duration);
  json["detail"] = published_text(probe.detail);
  json["is_fatal"] = probe.is_fatal;
  json["is_failing"] = probe.is_failing;
  json["consecutive_failures"] = probe.consecutive_failures;
  json["certificate_expires"] = probe.expires_at ? Json(wall_time_text(*probe.expires_at)) : Json(nullptr);
  return json;
}

Json next_json(const View& view, const ServiceRow& row) {
  const auto due = next_attempt(view, row);
  return {{"text", next_words(view, row)}, {"attempt", due ? Json(wall_time_text(*due)) : Json(nullptr)}};
}

}  // namespace systemcheck
