#include "decide/shed_memory.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <tuple>

namespace systemcheck {
namespace {

using Json = nlohmann::json;
using std::chrono::milliseconds;

constexpr int schema = 1;
constexpr std::size_t list_max = 64;
constexpr std::size_t name_max = 256;
constexpr double bytes_max = 1e18;
constexpr std::uint64_t backoffs_max = 1000;
/// Nothing waits longer for anything: `backoff_max` may be a day.
constexpr Duration ahead_max = std::chrono::hours{25};
constexpr Duration stop_time_max = std::chrono::hours{2};

std::int64_t stored(Duration duration) { return std::chrono::duration_cast<milliseconds>(duration).count(); }
std::int64_t stored(Instant instant) { return stored(instant.time_since_epoch()); }

void put(Json& json, const char* key, const std::optional<Instant>& instant) {
  if (instant) json[key] = stored(*instant);
}

const Json& member(const Json& json, const char* key) {
  static const Json nothing;
  const auto found = json.find(key);
  return found == json.end() ? nothing : *found;
}

std::optional<std::int64_t> whole_of(const Json& value, std::int64_t max) {
  if (!value.is_number_integer()) return std::nullopt;
  if (value.is_number_unsigned() && value.get<std::uint64_t>() > static_cast<std::uint64_t>(max))
    return std::nullopt;
  const auto whole = value.get<std::int64_t>();
  return whole < 0 || whole > max ? std::nullopt : std::optional{whole};
}

/// Not before the boot and not later than `latest`.
std::optional<Instant> instant_of(const Json& value, Instant latest) {
  const auto whole = whole_of(value, stored(latest));
  return whole ? std::optional{Instant{milliseconds{*whole}}} : std::nullopt;
}

double bytes_of(const Json& value) {
  if (!value.is_number()) return 0;
  const auto bytes = value.get<double>();
  return std::isfinite(bytes) && bytes >= 0 && bytes <= bytes_max ? bytes : 0;
}

std::string text_of(const Json& value) {
  if (!value.is_string()) return {};
  auto text = value.get<std::string>();
  return text.size() <= name_max ? text : std::string{};
}

template <typename Item, typename Read>
std::vector<Item> list_of(const Json& values, Read&& read) {
  std::vector<Item> list;
  if (!values.is_array() || values.size() > list_max) return list;
  for (const auto& value : values) {
    if (auto item = read(value)) list.push_back(*std::move(item));
  }
  return list;
}

template <typename Enum>
std::optional<Enum> word_of(const Json& value) {
  return value.is_string() ? from_word<Enum>(value.get_ref<const std::string&>()) : std::nullopt;
}

std::optional<std::string> name_of(const Json& value) {
  auto text = text_of(value);
  return text.empty() ? std::nullopt : std::optional{std::move(text)};
}

std::optional<Duration> stop_time_of(const Json& value) {
  const auto whole = whole_of(value, stored(stop_time_max));
  return whole ? std::optional<Duration>{milliseconds{*whole}} : std::nullopt;
}

Json json_of(const ShedServiceMemo& memo) {
  Json json{{"phase", word(memo.phase)},
            {"since", stored(memo.since)},
            {"cause", word(memo.cause)},
            {"instance", memo.instance},
            {"triggers", memo.triggers},
            {"enabled", memo.was_enabled},
            {"killed", memo.is_killed},
            {"predicted", memo.predicted_bytes},
            {"peak", {{"at", stored(memo.peak.at)}, {"bytes", memo.peak.bytes}}},
            {"settled", {{"instance", memo.settled_instance}, {"bytes", memo.settled_bytes}}},
            {"backoffs", memo.backoffs},
            {"stop_times", Json::array()},
            {"sheds", Json::array()}};
  put(json, "deadline", memo.deadline);
  put(json, "down_since", memo.down_since);
  put(json, "alarmed_at", memo.alarmed_at);
  put(json, "started_at", memo.started_at);
  put(json, "next_start", memo.next_start);
  put(json, "ineffective_until", memo.ineffective_until);
  put(json, "refused_until", memo.refused_until);
  put(json, "wanted_until", memo.wanted_until);
  for (const auto time : memo.stop_times)
    json["stop_times"].push_back(stored(time));
  for (const auto shed : memo.sheds)
    json["sheds"].push_back(stored(shed));
  return json;
}

/// What was under way when that daemon ended.
void resume(ShedServiceMemo& memo, Instant now) {
  switch (memo.phase) {
    case ShedPhase::settling:  // What it gave back can no longer be told.
      memo.phase = ShedPhase::shed;
      break;
    case ShedPhase::warming:
      memo.phase = ShedPhase::up;
      break;
    case ShedPhase::stopping:
    case ShedPhase::refusing:
    case ShedPhase::starting:
      memo.is_recalled = true;
      if (!memo.deadline) memo.deadline = now;
      break;
    case ShedPhase::up:
    case ShedPhase::shed:
      break;
  }
  if (memo.phase == ShedPhase::shed && !memo.down_since) memo.down_since = memo.since;
}

void read_lists(const Json& json, ShedServiceMemo& memo, Instant now) {
  memo.triggers = list_of<std::string>(member(json, "triggers"), name_of);
  memo.stop_times = list_of<Duration>(member(json, "stop_times"), stop_time_of);
  memo.sheds =
      list_of<Instant>(member(json, "sheds"), [now](const Json& value) { return instant_of(value, now); });
  std::ranges::sort(memo.sheds);
}

void read_times(const Json& json, ShedServiceMemo& memo, Instant now) {
  const auto latest = now + ahead_max;
  memo.deadline = instant_of(member(json, "deadline"), latest);
  memo.down_since = instant_of(member(json, "down_since"), now);
  memo.alarmed_at = instant_of(member(json, "alarmed_at"), now);
  memo.started_at = instant_of(member(json, "started_at"), now);
  memo.next_start = instant_of(member(json, "next_start"), latest);
  memo.ineffective_until = instant_of(member(json, "ineffective_until"), latest);
  memo.refused_until = instant_of(member(json, "refused_until"), latest);
  memo.wanted_until = instant_of(member(json, "wanted_until"), latest);
}

std::optional<ShedServiceMemo> memo_of(const Json& json, Instant now) {
  const auto phase = word_of<ShedPhase>(member(json, "phase"));
  const auto since = instant_of(member(json, "since"), now);
  const auto backoffs = whole_of(member(json, "backoffs"), backoffs_max);
  if (!phase || !since || !backoffs) return std::nullopt;
  ShedServiceMemo memo;
  memo.phase = *phase;
  memo.since = *since;
  memo.backoffs = static_cast<std::uint32_t>(*backoffs);
  memo.cause = word_of<ShedCause>(member(json, "cause")).value_or(ShedCause::low);
  memo.instance = text_of(member(json, "instance"));
  memo.was_enabled = member(json, "enabled") != false;
  memo.is_killed = member(json, "killed") == true;
  memo.predicted_bytes = bytes_of(member(json, "predicted"));
  const auto& peak = member(json, "peak");
  if (peak.is_object()) {
    const auto at = instant_of(member(peak, "at"), now);
    if (at) memo.peak = {*at, bytes_of(member(peak, "bytes"))};
  }
  const auto& settled = member(json, "settled");
  if (settled.is_object()) {
    memo.settled_instance = text_of(member(settled, "instance"));
    memo.settled_bytes = bytes_of(member(settled, "bytes"));
  }
  read_times(json, memo, now);
  read_lists(json, memo, now);
  resume(memo, now);
  return memo;
}

bool is_off(ShedPhase phase) {
  return phase == ShedPhase::shed || phase == ShedPhase::settling || phase == ShedPhase::starting;
}

}  // namespace

std::string shed_memory_text(const ShedServiceMemo& memo, std::string_view boot_id) {
  const bool is_worth_it =
      !memo.is_rehearsed && (memo.phase != ShedPhase::up || !memo.sheds.empty() || memo.started_at ||
                             memo.wanted_until || memo.peak.bytes > 0);
  if (!is_worth_it) return "{}";
  auto json = json_of(memo);
  json["schema"] = schema;
  json["boot_id"] = boot_id;
  return json.dump(-1, ' ', true, Json::error_handler_t::replace);
}

ShedRecall recalled_shed_memory(std::string_view text, std::string_view boot_id, const std::string& service,
                                Instant now) {
  const auto json = Json::parse(text, nullptr, false);
  if (!json.is_object() || member(json, "schema") != schema) return {};
  if (member(json, "boot_id") != boot_id) {
    const auto phase = word_of<ShedPhase>(member(json, "phase"));
    return {.memo = {}, .is_left_off = phase && is_off(*phase) && member(json, "enabled") == false};
  }
  auto memo = memo_of(json, now);
  if (memo) memo->name = service;
  return {.memo = std::move(memo)};
}

bool is_same_memory(const ShedServiceMemo& one, const ShedServiceMemo& other) {
  const auto key = [](const ShedServiceMemo& it) {
    return std::tie(it.phase, it.since, it.deadline, it.is_killed, it.instance, it.triggers, it.down_since,
                    it.alarmed_at, it.stop_times, it.sheds, it.started_at, it.backoffs, it.next_start,
                    it.ineffective_until, it.refused_until, it.wanted_until, it.is_rehearsed);
  };
  // A peak that creeps is worth no write: it is kept with the next change.
  return key(one) == key(other);
}

ShedMemo recalled_shed_memo(std::vector<ShedServiceMemo> services) {
  ShedMemo memo;
  std::ranges::sort(services, {}, &ShedServiceMemo::name);
  for (const auto& service : services)
    memo.last_start = std::max(memo.last_start, service.started_at);
  memo.services = std::move(services);
  return memo;
}

}  // namespace systemcheck
