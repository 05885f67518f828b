#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "base/json_text.h"
#include "base/text.h"
#include "decide/past.h"

// What has its default value is left out: most situations are short.

namespace systemcheck {
namespace {

using Json = nlohmann::json;

constexpr int schema = 1;
constexpr std::size_t reason_max = 256;
constexpr std::size_t word_max = 64;

constexpr std::array<std::string_view, 6> presence_words{"unknown",      "absent", "present",
                                                         "out_of_count", "gone",   "stale_pid_file"};
constexpr std::array<std::string_view, 4> manager_words{"absent", "running", "starting", "stopping"};
constexpr std::array<std::string_view, 6> health_words{"fine",  "unproven", "complains",
                                                       "hangs", "fails",    "too_big"};
constexpr std::array<std::string_view, 4> step_words{"none", "look_again", "look_now", "restart"};
constexpr std::array<std::string_view, 4> demand_words{"begun", "done", "refused", "cleared"};
constexpr std::array<std::string_view, 2> turn_words{"taken_over", "ended"};

// Writing.

std::int64_t stored(Instant instant) { return instant.time_since_epoch().count(); }

template <typename Enum, std::size_t size>
std::string word_in(const std::array<std::string_view, size>& words, Enum value) {
  return std::string(words.at(static_cast<std::size_t>(value)));
}

void put_text(Json& json, const char* key, std::string_view text, std::size_t limit = reason_max) {
  if (!text.empty()) json[key] = printable(text, limit);
}
void put_true(Json& json, const char* key, bool value) {
  if (value) json[key] = true;
}

Json unit_json(const UnitStatus& unit) {
  auto json = Json::object();
  put_text(json, "load", unit.load_state, word_max);
  put_text(json, "active", unit.active_state, word_max);
  put_text(json, "sub", unit.sub_state, word_max);
  put_text(json, "file", unit.unit_file_state, word_max);
  put_text(json, "result", unit.result, word_max);
  put_true(json, "has_main", unit.main_pid != 0);
  put_true(json, "was_active", unit.active_enter_us != 0);
  put_true(json, "stop_job", unit.stop_job_seen);
  return json;
}

Json end_json(const MainEnd& it) {
  auto json = Json::object();
  if (it.end.exit_code != 0) json["exit"] = it.end.exit_code;
  if (it.end.signal != 0) json["signal"] = it.end.signal;
  put_true(json, "core", it.end.has_dumped_core);
  put_true(json, "oom", it.is_probably_oom);
  return json;
}

Json claim_json(const Claim& claim) {
  Json json{{"owner", word(claim.owner)}, {"since", stored(claim.since)}};
  put_text(json, "why", claim.reason);
  if (claim.until) json["until"] = stored(*claim.until);
  return json;
}

void put_evidence(Json& json, const GoneEvidence& evidence) {
  json["presence"] = word_in(presence_words, evidence.finding.presence);
  json["manager"] = word_in(manager_words, evidence.manager);
  put_text(json, "why", evidence.finding.reason);
  put_true(json, "stale", evidence.is_stale);
  put_true(json, "died", evidence.main_died);
  if (evidence.end) json["end"] = end_json(*evidence.end);
  put_true(json, "has_unit", evidence.has_unit);
  put_true(json, "outside", evidence.is_outside);
  put_true(json, "stop_older", evidence.is_stop_older);
  if (evidence.unit) json["unit"] = unit_json(*evidence.unit);
  put_true(json, "turned_off", evidence.was_turned_off);
  put_text(json, "file_when_up", evidence.unit_file_state_when_up, word_max);
  if (evidence.upgrade) json["upgrade"] = printable(*evidence.upgrade, reason_max);
}

Json main_json(const ProcessIdentity& process) {
  return {{"pid", process.pid}, {"start", process.start_ticks}};
}

Json stranger_json(const PortStranger& stranger) {
  Json json{{"port", stranger.port}, {"pid", stranger.pid}};
  put_text(json, "name", stranger.name, word_max);
  return json;
}

Json decision_json(const PastDecision& decision) {
  Json json{{"state", word(decision.state)}};
  if (decision.step != RestartStep::none) json["step"] = word_in(step_words, decision.step);
  if (decision.newly_suppressed) json["withheld"] = word(*decision.newly_suppressed);
  if (decision.attempts != 0) json["attempts"] = decision.attempts;
  put_true(json, "failed", decision.attempt_failed);
  put_true(json, "alive", decision.is_alive);
  put_text(json, "why", decision.reason);
  return json;
}

Json json_of(const PastSituation& past) {
  const auto& it = past.situation;
  Json json{{"kind", "situation"}, {"sight", stored(it.sight_at)}, {"mode", word(past.mode)}};
  put_evidence(json, it.evidence);
  put_true(json, "new", it.is_new_sight);
  put_true(json, "no_way", !it.has_way);
  if (it.main) json["main"] = main_json(*it.main);
  if (it.health.kind != Health::Kind::fine) json["health"] = word_in(health_words, it.health.kind);
  put_text(json, "health_why", it.health.reason);
  if (it.port_stranger) json["port_stranger"] = stranger_json(*it.port_stranger);
  put_true(json, "busy", it.is_machine_busy);
  if (it.claim) json["claim"] = claim_json(*it.claim);
  put_text(json, "kill_switch", it.kill_switch);
  put_text(json, "under_way", it.under_way);
  if (past.decision.attempt_failed) json["jitter"] = it.jitter;
  if (past.left_out != 0) json["left_out"] = past.left_out;
  json["then"] = decision_json(past.decision);
  return json;
}

Json json_of(const PastOutcome& past) {
  Json json{{"kind", "outcome"}, {"jitter", past.jitter}};
  put_true(json, "succeeded", past.has_succeeded);
  put_true(json, "policy", past.is_policy);
  put_text(json, "why", past.words);
  return json;
}

Json json_of(const PastDemand& past) {
  Json json{{"kind", "demand"}, {"what", word_in(demand_words, past.kind)}, {"demand", word(past.demand)}};
  put_true(json, "succeeded", past.has_succeeded);
  if (past.kind == PastDemand::Kind::done) json["jitter"] = past.jitter;
  return json;
}

Json json_of(const PastTurn& past) { return {{"kind", word_in(turn_words, past.kind)}}; }

// Reading: what is not as it was written is an error, and tells where.

/// Finds the members of one object. The first that is wrong is remembered; what is read is then of no use.
class Members {
 public:
  Members(const Json& json, std::string& wrong) : json_(json), wrong_(wrong) {
    if (!json.is_object()) complain("it is no object");
  }

  [[nodiscard]] const Json* find(const char* key) const {
    const auto found = json_.is_object() ? json_.find(key) : json_.end();
    return json_.is_object() && found != json_.end() ? &*found : nullptr;
  }
  std::string text(const char* key) {
    const auto* value = find(key);
    if (value == nullptr) return {};
    if (value->is_string()) return value->get<std::string>();
    complain(key);
    return {};
  }
  bool is_true(const char* key) {
    const auto* value = find(key);
    if (value != nullptr && !value->is_boolean()) complain(key);
    return value != nullptr && value->is_boolean() && value->get<bool>();
  }
  std::uint64_t big_count(const char* key) {
    const auto* value = find(key);
    if (value != nullptr && value->is_number_unsigned()) return value->get<std::uint64_t>();
    complain(key);
    return 0;
  }
  double number(const char* key) {
    const auto* value = find(key);
    if (value == nullptr) return 0;
    if (value->is_number()) return value->get<double>();
    complain(key);
    return 0;
  }
  std::uint32_t count(const char* key) {
    const auto* value = find(key);
    if (value == nullptr) return 0;
    const bool is_good = value->is_number_unsigned() && value->get<std::uint64_t>() <= UINT32_MAX;
    if (is_good) return value->get<std::uint32_t>();
    complain(key);
    return 0;
  }
  Instant instant(const char* key) {
    const auto* value = find(key);
    const bool is_good = value != nullptr && value->is_number_integer() && value->get<std::int64_t>() >= 0;
    if (is_good) return Instant{Duration{value->get<std::int64_t>()}};
    complain(key);
    return {};
  }
  /// May lie before the boot: a claim can be older than that.
  Instant old_instant(const char* key) {
    const auto* value = find(key);
    if (value != nullptr && value->is_number_integer()) return Instant{Duration{value->get<std::int64_t>()}};
    complain(key);
    return {};
  }
  template <typename Enum>
  Enum choice(const char* key) {
    const auto found = from_word<Enum>(text(key));
    if (!found) complain(key);
    return found.value_or(Enum{});
  }
  template <typename Enum, std::size_t size>
  Enum choice(const char* key, const std::array<std::string_view, size>& words) {
    const auto written = text(key);
    for (std::size_t i = 0; i < size; ++i) {
      if (words.at(i) == written) return static_cast<Enum>(i);
    }
    complain(key);
    return Enum{};
  }
  void complain(std::string_view what) {
    if (wrong_.empty()) wrong_ = what;
  }

 private:
  const Json& json_;
  std::string& wrong_;
};

UnitStatus unit_of(Members unit) {
  UnitStatus status;
  status.load_state = unit.text("load");
  status.active_state = unit.text("active");
  status.sub_state = unit.text("sub");
  status.unit_file_state = unit.text("file");
  status.result = unit.text("result");
  status.main_pid = unit.is_true("has_main") ? 1 : 0;
  status.active_enter_us = unit.is_true("was_active") ? 1 : 0;
  status.stop_job_seen = unit.is_true("stop_job");
  return status;
}

int small_number(Members& members, const char* key, std::uint32_t limit) {
  const auto number = members.count(key);
  if (number > limit) members.complain(key);
  return static_cast<int>(std::min(number, limit));
}

MainEnd end_of(Members members) {
  MainEnd it;
  it.end.exit_code = small_number(members, "exit", 255);
  it.end.signal = small_number(members, "signal", 127);
  it.end.has_dumped_core = members.is_true("core");
  it.is_probably_oom = members.is_true("oom");
  return it;
}

Claim claim_of(Members members) {
  Claim claim;
  claim.owner = members.choice<Owner>("owner");
  claim.reason = members.text("why");
  claim.since = members.old_instant("since");
  if (members.find("until") != nullptr) claim.until = members.instant("until");
  return claim;
}

ProcessIdentity main_of(Members members) {
  return {.pid = static_cast<pid_t>(std::min<std::uint64_t>(members.big_count("pid"), INT32_MAX)),
          .start_ticks = members.big_count("start")};
}

GoneEvidence evidence_of(Members& members, std::string& wrong) {
  GoneEvidence evidence;
  evidence.finding.presence = members.choice<Presence>("presence", presence_words);
  evidence.manager = members.choice<Manager>("manager", manager_words);
  evidence.finding.reason = members.text("why");
  evidence.is_stale = members.is_true("stale");
  evidence.main_died = members.is_true("died");
  if (const auto* end = members.find("end")) evidence.end = end_of(Members(*end, wrong));
  evidence.has_unit = members.is_true("has_unit");
  evidence.is_outside = members.is_true("outside");
  evidence.is_stop_older = members.is_true("stop_older");
  if (const auto* unit = members.find("unit")) evidence.unit = unit_of(Members(*unit, wrong));
  evidence.was_turned_off = members.is_true("turned_off");
  evidence.unit_file_state_when_up = members.text("file_when_up");
  if (members.find("upgrade") != nullptr) evidence.upgrade = members.text("upgrade");
  return evidence;
}

PortStranger stranger_of(Members members) {
  const auto port = small_number(members, "port", UINT16_MAX);
  const auto pid = small_number(members, "pid", INT32_MAX);
  return {.port = static_cast<std::uint16_t>(port), .pid = pid, .name = members.text("name")};
}

PastDecision decision_of(Members members) {
  PastDecision decision;
  decision.state = members.choice<ServiceState>("state");
  if (members.find("step") != nullptr) decision.step = members.choice<RestartStep>("step", step_words);
  if (members.find("withheld") != nullptr) decision.newly_suppressed = members.choice<Suppressed>("withheld");
  decision.attempts = members.count("attempts");
  decision.attempt_failed = members.is_true("failed");
  decision.is_alive = members.is_true("alive");
  decision.reason = members.text("why");
  return decision;
}

PastSituation situation_of(Members& members, std::string& wrong) {
  PastSituation past;
  auto& it = past.situation;
  it.evidence = evidence_of(members, wrong);
  it.sight_at = members.instant("sight");
  past.mode = members.choice<Mode>("mode");
  it.is_new_sight = members.is_true("new");
  it.has_way = !members.is_true("no_way");
  if (const auto* main = members.find("main")) it.main = main_of(Members(*main, wrong));
  if (members.find("health") != nullptr)
    it.health.kind = members.choice<Health::Kind>("health", health_words);
  it.health.reason = members.text("health_why");
  if (const auto* stranger = members.find("port_stranger"))
    it.port_stranger = stranger_of(Members(*stranger, wrong));
  it.is_machine_busy = members.is_true("busy");
  if (const auto* claim = members.find("claim")) it.claim = claim_of(Members(*claim, wrong));
  it.kill_switch = members.text("kill_switch");
  it.under_way = members.text("under_way");
  it.jitter = members.number("jitter");
  past.left_out = members.count("left_out");
  static const Json nothing;
  const auto* decision = members.find("then");
  past.decision = decision_of(Members(decision != nullptr ? *decision : nothing, wrong));
  return past;
}

PastOutcome outcome_of(Members& members) {
  return {.has_succeeded = members.is_true("succeeded"),
          .is_policy = members.is_true("policy"),
          .jitter = members.number("jitter"),
          .words = members.text("why")};
}

PastDemand demand_of(Members& members) {
  return {.kind = members.choice<PastDemand::Kind>("what", demand_words),
          .demand = members.choice<Demand>("demand"),
          .has_succeeded = members.is_true("succeeded"),
          .jitter = members.number("jitter")};
}

PastMoment moment_of(Members& members, std::string& wrong) {
  const auto kind = members.text("kind");
  if (kind == "situation") return situation_of(members, wrong);
  if (kind == "outcome") return outcome_of(members);
  if (kind == "demand") return demand_of(members);
  return PastTurn{.kind = members.choice<PastTurn::Kind>("kind", turn_words)};
}

}  // namespace

std::string past_text(const PastMoment& moment) {
  auto json = std::visit([](const auto& it) { return json_of(it); }, moment);
  json["schema"] = schema;
  return json_line(json);
}

Result<PastMoment> parse_past(std::string_view text) {
  if (text.size() > past_text_max) return Error{Error::Kind::malformed, "it is too long"};
  const auto json = Json::parse(text, nullptr, false);
  if (json.is_discarded()) return Error{Error::Kind::malformed, "it is no JSON"};
  std::string wrong;
  Members members(json, wrong);
  if (members.count("schema") != schema) return Error{Error::Kind::malformed, "it is of another schema"};
  Result<PastMoment> moment = moment_of(members, wrong);
  if (!wrong.empty()) return Error{Error::Kind::malformed, "what is wrong in it: " + printable(wrong)};
  return moment;
}

}  // namespace systemcheck
