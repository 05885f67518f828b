#include "daemon/claim_memory.h"

#include <algorithm>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <tuple>

#include "base/text.h"

namespace systemcheck {
namespace {

using Json = nlohmann::json;
using std::chrono::milliseconds;

constexpr int schema = 1;
constexpr std::size_t claims_max = 8;
constexpr std::int64_t milliseconds_max = 9'000'000'000'000;  // Of the year 2255; more overflows a Duration.

template <typename Time>
std::int64_t stored(Time time) {
  return std::chrono::duration_cast<milliseconds>(time.time_since_epoch()).count();
}

std::int64_t stored(Duration duration) { return std::chrono::duration_cast<milliseconds>(duration).count(); }

const Json& member(const Json& json, const char* key) {
  static const Json nothing;
  const auto found = json.find(key);
  return found == json.end() ? nothing : *found;
}

std::optional<milliseconds> milliseconds_of(const Json& json, const char* key) {
  const auto& value = member(json, key);
  if (!value.is_number_unsigned()) return std::nullopt;
  const auto count = value.get<std::uint64_t>();
  if (count > static_cast<std::uint64_t>(milliseconds_max)) return std::nullopt;
  return milliseconds{static_cast<std::int64_t>(count)};
}

std::string text_of(const Json& json, const char* key) {
  const auto& value = member(json, key);
  return value.is_string() ? printable(value.get<std::string>()) : std::string{};
}

Json claim_json(const Claim& claim, const BootMoment& moment) {
  Json json{{"owner", word(claim.owner)},
            {"reason", claim.reason},
            {"asked_by", claim.asked_by},
            {"since", stored(moment.wall_now - (moment.now - claim.since))}};
  if (!claim.until) return json;
  const auto left = std::max(Duration{}, *claim.until - moment.now);
  json["until"] = stored(claim.ends_at.value_or(moment.wall_now + left));
  json["until_monotonic"] = stored(*claim.until);
  json["left"] = stored(left);
  return json;
}

/// What is left of it, by whichever clock leaves least.
std::optional<Duration> left_of(const Json& json, const BootMoment& moment, bool is_same_boot) {
  const auto until = milliseconds_of(json, "until");
  const auto left = milliseconds_of(json, "left");
  if (!until || !left) return std::nullopt;
  auto least = std::min<Duration>(*left, WallTime{*until} - moment.wall_now);
  const auto until_monotonic = milliseconds_of(json, "until_monotonic");
  if (is_same_boot && until_monotonic)
    least = std::min<Duration>(least, Instant{*until_monotonic} - moment.now);
  return std::min<Duration>(least, maintenance_max);
}

Instant since_of(const Json& json, const BootMoment& moment) {
  const auto since = milliseconds_of(json, "since");
  if (!since) return moment.now;
  return moment.now -
         std::clamp<Duration>(moment.wall_now - WallTime{*since}, Duration{}, std::chrono::hours{24 * 366});
}

std::optional<Claim> claim_of(const Json& json, const BootMoment& moment, bool is_same_boot) {
  if (!json.is_object()) return std::nullopt;
  const auto owner = from_word<Owner>(text_of(json, "owner"));
  Claim claim{.reason = text_of(json, "reason"),
              .asked_by = text_of(json, "asked_by"),
              .since = since_of(json, moment)};
  if (owner == Owner::admin && is_same_boot) return claim;
  const auto left = left_of(json, moment, is_same_boot);
  if (owner != Owner::maintenance || !left || *left <= Duration{}) return std::nullopt;
  claim.owner = Owner::maintenance;
  claim.until = moment.now + *left;
  claim.ends_at = moment.wall_now + *left;
  // What is left was capped already; the longest maintenance counts from when it was asked for.
  claim.since = std::max(claim.since, *claim.until - maintenance_max);
  return claim;
}

auto told(const Claim& claim) {
  return std::tie(claim.owner, claim.origin, claim.reason, claim.asked_by, claim.ends_at);
}

}  // namespace

std::string claim_memory_text(const ClaimMemo& memo, const BootMoment& moment) {
  const bool is_worth_it = !memo.claims.empty() || memo.window_released_until;
  if (!is_worth_it) return "{}";
  Json json{{"schema", schema}, {"boot_id", moment.boot_id}, {"seen_stopped", memo.was_seen_stopped}};
  json["claims"] = Json::array();
  for (const auto& claim : memo.claims)
    json["claims"].push_back(claim_json(claim, moment));
  if (memo.window_released_until) json["window_released_until"] = stored(*memo.window_released_until);
  return json.dump(-1, ' ', true, Json::error_handler_t::replace);
}

ClaimMemo restored_claim_memo(std::string_view text, const BootMoment& moment) {
  const auto json = Json::parse(text, nullptr, false);
  if (!json.is_object() || member(json, "schema") != schema) return {};
  const bool is_same_boot = member(json, "boot_id") == moment.boot_id;
  ClaimMemo memo;
  const auto& claims = member(json, "claims");
  if (claims.is_array() && claims.size() <= claims_max) {
    for (const auto& one : claims) {
      if (auto claim = claim_of(one, moment, is_same_boot)) memo.claims.push_back(*std::move(claim));
    }
  }
  memo.was_seen_stopped = is_same_boot && member(json, "seen_stopped") == true;
  if (const auto until = milliseconds_of(json, "window_released_until")) {
    const WallTime end{*until};
    const bool is_true = end > moment.wall_now && end - moment.wall_now <= maintenance_max;
    if (is_true) memo.window_released_until = end;
  }
  return memo;
}

bool is_same_memo(const ClaimMemo& one, const ClaimMemo& other) {
  return one.was_seen_stopped == other.was_seen_stopped &&
         one.window_released_until == other.window_released_until &&
         std::ranges::equal(one.claims, other.claims, {}, told, told);
}

}  // namespace systemcheck
