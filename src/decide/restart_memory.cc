#include "decide/restart_memory.h"

#include <fmt/core.h>

#include <algorithm>
#include <cstdint>
#include <nlohmann/json.hpp>

namespace systemcheck {
namespace {

using Json = nlohmann::json;

constexpr int schema = 1;
constexpr std::uint32_t attempts_max = 1'000'000;
constexpr std::size_t deaths_max = 64;
constexpr Duration rounding = std::chrono::milliseconds{1};

std::int64_t stored(Instant instant) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(instant.time_since_epoch()).count();
}

std::int64_t stored_at_least(Instant instant) {
  return std::chrono::ceil<std::chrono::milliseconds>(instant.time_since_epoch()).count();
}

/// Not before the boot and not later than `latest`.
std::optional<Instant> instant_of(const Json& value, Instant latest) {
  if (!value.is_number_integer()) return std::nullopt;
  const auto milliseconds = value.get<std::int64_t>();
  if (milliseconds < 0 || milliseconds > stored(latest)) return std::nullopt;
  return Instant{std::chrono::milliseconds{milliseconds}};
}

const Json& member(const Json& json, const char* key) {
  static const Json nothing;
  const auto found = json.find(key);
  return found == json.end() ? nothing : *found;
}

std::optional<std::uint32_t> attempts_of(const Json& json) {
  const auto& value = member(json, "attempts");
  if (!value.is_number_unsigned() || value.get<std::uint64_t>() > attempts_max) return std::nullopt;
  return value.get<std::uint32_t>();
}

std::vector<Instant> deaths_of(const Json& json, Instant now) {
  std::vector<Instant> deaths;
  const auto& values = member(json, "deaths");
  if (!values.is_array() || values.size() > deaths_max) return deaths;
  for (const auto& value : values) {
    if (const auto death = instant_of(value, now)) deaths.push_back(*death);
  }
  std::sort(deaths.begin(), deaths.end());
  return deaths;
}

/// No text tells when those were that are counted: all that may be, and just now.
HostGuard used_up(Instant now) {
  HostGuard guard;
  for (std::size_t i = 0; i < HostGuard::restarts_remembered; ++i)
    guard.note_restart(now);
  return guard;
}

}  // namespace

std::string restart_memory_text(const RestartMemo& memo, std::string_view boot_id) {
  const bool is_worth_it = memo.attempts > 0 || memo.is_flapping || !memo.deaths.empty();
  if (!is_worth_it) return "{}";
  Json json{
      {"schema", schema}, {"boot_id", boot_id}, {"attempts", memo.attempts}, {"flapping", memo.is_flapping}};
  if (memo.next_attempt) json["next_attempt"] = stored(*memo.next_attempt);
  if (memo.attempt_began) json["attempt_began"] = stored(*memo.attempt_began);
  json["deaths"] = Json::array();
  for (const auto death : memo.deaths)
    json["deaths"].push_back(stored(death));
  return json.dump(-1, ' ', true, Json::error_handler_t::replace);
}

std::optional<RestartMemo> restored_restart_memo(std::string_view text, std::string_view boot_id,
                                                 const RestartPolicy& policy, Instant now,
                                                 Duration settling) {
  const auto json = Json::parse(text, nullptr, false);
  if (!json.is_object() || member(json, "schema") != schema || member(json, "boot_id") != boot_id) return {};
  const auto attempts = attempts_of(json);
  const auto longest = std::chrono::duration_cast<Duration>(policy.backoff_max * (1 + jitter_share));
  const auto next = instant_of(member(json, "next_attempt"), now + longest);
  if (!attempts || (json.contains("next_attempt") && !next)) return {};
  RestartMemo memo;
  memo.attempts = *attempts;
  if (memo.attempts > 0) memo.next_attempt = std::max(next.value_or(now), now + settling);
  memo.attempt_began = instant_of(member(json, "attempt_began"), now);
  memo.deaths = deaths_of(json, now);
  memo.is_flapping = member(json, "flapping") == true && !memo.deaths.empty();
  return memo;
}

std::string host_memory_text(const HostGuard& guard, std::string_view boot_id) {
  if (guard.restarts().empty()) return "{}";
  Json json{{"schema", schema}, {"boot_id", boot_id}, {"restarts", Json::array()}};
  for (const auto restart : guard.restarts())
    json["restarts"].push_back(stored_at_least(restart));
  return json.dump(-1, ' ', true, Json::error_handler_t::replace);
}

RestoredHostGuard restored_host_guard(std::string_view text, std::string_view boot_id, Instant now) {
  const auto json = Json::parse(text.empty() ? "{}" : text, nullptr, false);
  if (json.is_object() && json.empty()) return {};
  const auto& boot = member(json, "boot_id");
  if (boot.is_string() && boot != boot_id) return {};
  const auto& values = member(json, "restarts");
  const bool is_understood = boot.is_string() && member(json, "schema") == schema && values.is_array() &&
                             values.size() <= HostGuard::restarts_remembered;
  if (!is_understood)
    return {used_up(now),
            "what was written down of earlier restarts cannot be understood: the limit of the "
            "machine counts as reached just now"};
  std::vector<Instant> restarts;
  std::size_t untrue = 0;
  for (const auto& value : values) {
    const auto restart = instant_of(value, now + rounding);
    if (!restart) ++untrue;
    restarts.push_back(restart.value_or(now));
  }
  std::sort(restarts.begin(), restarts.end());
  RestoredHostGuard restored;
  for (const auto restart : restarts)
    restored.guard.note_restart(restart);
  if (untrue > 0)
    restored.complaint = fmt::format(
        "{} of {} restarts that were written down cannot have been then: the limit of the machine "
        "counts them as of now",
        untrue, values.size());
  return restored;
}

}  // namespace systemcheck
