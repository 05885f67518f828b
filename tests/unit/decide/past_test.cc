#include "decide/past.h"

#include <gtest/gtest.h>

namespace systemcheck {
namespace {

using namespace std::chrono_literals;

PastSituation full_situation() {
  PastSituation past;
  auto& it = past.situation;
  it.evidence.finding = {Presence::gone, "no process of it is running"};
  it.evidence.is_stale = true;
  it.evidence.main_died = true;
  it.evidence.end = MainEnd{.end = {.signal = 9, .has_dumped_core = true}, .is_probably_oom = true};
  it.evidence.manager = Manager::running;
  it.evidence.has_unit = true;
  it.evidence.unit = UnitStatus{.load_state = "loaded",
                                .active_state = "failed",
                                .sub_state = "failed",
                                .unit_file_state = "enabled",
                                .result = "signal",
                                .main_pid = 123,
                                .active_enter_us = 17,
                                .stop_job_seen = true};
  it.evidence.unit_file_state_when_up = "enabled";
  it.evidence.was_turned_off = true;
  it.evidence.is_outside = true;
  it.evidence.is_stop_older = true;
  it.evidence.upgrade = "apt changes packages";
  it.sight_at = Instant{77s};
  it.is_new_sight = true;
  it.has_way = false;
  it.main = ProcessIdentity{.pid = 4711, .start_ticks = 1ULL << 40U};
  it.health = {Health::Kind::too_big, "too much"};
  it.port_stranger = PortStranger{.port = 65535, .pid = 4712, .name = "squatter"};
  it.is_machine_busy = true;
  it.claim = Claim{.owner = Owner::shed, .reason = "memory", .since = Instant{1s}, .until = Instant{99s}};
  it.jitter = -0.25;
  it.kill_switch = "set by root";
  it.under_way = "a stop is under way, ordered by root";
  past.mode = Mode::act;
  past.decision = {.state = ServiceState::waiting,
                   .step = RestartStep::look_now,
                   .newly_suppressed = Suppressed::backoff,
                   .attempts = 3,
                   .attempt_failed = true,
                   .is_alive = true,
                   .reason = "it did not come up"};
  past.left_out = 4;
  return past;
}

PastSituation read_back(const PastSituation& past) {
  const auto read = parse_past(past_text(past));
  EXPECT_TRUE(read) << (read ? "" : read.error().message);
  return read ? std::get<PastSituation>(*read) : PastSituation{};
}

TEST(PastText, IsReadBackAsItWas) {
  const auto past = full_situation();
  const auto again = read_back(past);
  EXPECT_TRUE(is_same_for_decision(past.situation, again.situation));
  EXPECT_EQ(past_text(again), past_text(past));
  EXPECT_EQ(again.situation.sight_at, Instant{77s});
  EXPECT_EQ(again.situation.claim->since, Instant{1s});
  EXPECT_EQ(again.situation.port_stranger, past.situation.port_stranger);
  EXPECT_EQ(again.situation.jitter, -0.25);
  EXPECT_EQ(again.decision.attempts, 3U);
  EXPECT_EQ(again.decision.reason, "it did not come up");
  EXPECT_EQ(again.left_out, 4U);
  EXPECT_EQ(again.mode, Mode::act);
}

TEST(PastText, KeepsHowAProcessEnded) {
  EXPECT_EQ(read_back(full_situation()).situation.evidence.end->end,
            (ProcessEnd{.signal = 9, .has_dumped_core = true}));
  EXPECT_TRUE(read_back(full_situation()).situation.evidence.end->is_probably_oom);
  PastSituation past;
  past.situation.evidence.end = MainEnd{};
  EXPECT_EQ(read_back(past).situation.evidence.end->end, ProcessEnd{}) << "cleanly is not unknown";
}

TEST(PastText, IsShortWhereNothingIsRemarkable) {
  PastSituation past;
  past.situation.evidence.finding = {Presence::present, "1 process"};
  past.decision.state = ServiceState::up;
  EXPECT_LT(past_text(past).size(), 200U) << past_text(past);
  EXPECT_TRUE(is_same_for_decision(past.situation, read_back(past).situation));
}

TEST(PastText, KeepsOutcomesAndTurns) {
  const auto outcome =
      parse_past(past_text(PastOutcome{.has_succeeded = true, .jitter = 0.5, .words = "done"}));
  ASSERT_TRUE(outcome);
  EXPECT_TRUE(std::get<PastOutcome>(*outcome).has_succeeded);
  EXPECT_EQ(std::get<PastOutcome>(*outcome).jitter, 0.5);
  const auto demand = parse_past(past_text(PastDemand{
      .kind = PastDemand::Kind::done, .demand = Demand::stop, .has_succeeded = true, .jitter = -0.5}));
  ASSERT_TRUE(demand);
  EXPECT_EQ(std::get<PastDemand>(*demand).kind, PastDemand::Kind::done);
  EXPECT_EQ(std::get<PastDemand>(*demand).demand, Demand::stop);
  EXPECT_TRUE(std::get<PastDemand>(*demand).has_succeeded);
  EXPECT_EQ(std::get<PastDemand>(*demand).jitter, -0.5);
  const auto turn = parse_past(past_text(PastTurn{.kind = PastTurn::Kind::ended}));
  ASSERT_TRUE(turn);
  EXPECT_EQ(std::get<PastTurn>(*turn).kind, PastTurn::Kind::ended);
}

TEST(PastText, StaysWithinItsBoundWhateverIsInIt) {
  const std::string hostile =
      std::string(100'000, '"') + std::string(100'000, '\\') + "\xff\x1b[31m" + std::string(100'000, '\0');
  auto past = full_situation();
  auto& evidence = past.situation.evidence;
  for (auto* text : {&evidence.finding.reason, &evidence.unit->load_state, &evidence.unit->active_state,
                     &evidence.unit->sub_state, &evidence.unit->unit_file_state, &evidence.unit->result,
                     &evidence.unit_file_state_when_up, &past.situation.health.reason,
                     &past.situation.kill_switch, &past.situation.claim->reason, &past.decision.reason}) {
    *text = hostile;
  }
  evidence.upgrade = hostile;
  past.situation.port_stranger->name = hostile;
  const auto text = past_text(past);
  EXPECT_LE(text.size(), past_text_max);
  EXPECT_TRUE(parse_past(text));
}

TEST(PastText, SaysWhatIsWrongInADamagedOne) {
  const auto problem = [](std::string_view text) {
    const auto read = parse_past(text);
    return read ? std::string("it was read") : read.error().message;
  };
  EXPECT_EQ(problem(""), "it is no JSON");
  EXPECT_EQ(problem("{\"kind\":"), "it is no JSON");
  EXPECT_EQ(problem("[]"), "it is of another schema");
  EXPECT_EQ(problem("{}"), "it is of another schema");
  EXPECT_EQ(problem(R"({"schema":2,"kind":"outcome"})"), "it is of another schema");
  EXPECT_EQ(problem(R"({"schema":1,"kind":"nonsense"})"), "what is wrong in it: kind");
  EXPECT_EQ(problem(R"({"schema":1,"kind":"outcome","succeeded":1})"), "what is wrong in it: succeeded");
  EXPECT_EQ(problem(R"({"schema":1,"kind":"situation"})"), "what is wrong in it: presence");
  auto text = past_text(full_situation());
  text.replace(text.find("65535"), 5, "65536");
  EXPECT_EQ(problem(text), "what is wrong in it: port");
  EXPECT_EQ(problem(std::string(past_text_max + 1, ' ')), "it is too long");
}

TEST(PastText, NoPartOfOneIsTakenForAWholeOne) {
  const auto text = past_text(full_situation());
  for (std::size_t size = 0; size < text.size(); ++size)
    EXPECT_FALSE(parse_past(std::string_view(text).substr(0, size)));
}

TEST(PastSituation, AreTheSameWhenOnlyTimeAndWordsDiffer) {
  const auto one = full_situation().situation;
  auto other = one;
  other.sight_at += 1h;
  other.is_new_sight = false;
  other.evidence.finding.reason = "3 processes";
  other.evidence.unit->main_pid = 9;
  other.health.reason = "other words";
  other.uptime = 1h;
  EXPECT_TRUE(is_same_for_decision(one, other));
}

TEST(PastSituation, RemembersAClaimThatIsOlderThanTheBoot) {
  auto past = full_situation();
  past.situation.claim->since = Instant{-3600s};
  const auto parsed = parse_past(past_text(past));
  ASSERT_TRUE(parsed) << parsed.error().message;
  EXPECT_EQ(std::get<PastSituation>(*parsed).situation.claim->since, Instant{-3600s});
}

TEST(PastSituation, DifferInWhateverADecisionLooksAt) {
  const auto one = full_situation().situation;
  const std::vector<void (*)(RestartSituation&)> changes{
      [](RestartSituation& it) { it.evidence.finding.presence = Presence::present; },
      [](RestartSituation& it) { it.evidence.is_stale = false; },
      [](RestartSituation& it) { it.evidence.main_died = false; },
      [](RestartSituation& it) { it.evidence.manager = Manager::stopping; },
      [](RestartSituation& it) { it.evidence.end.reset(); },
      [](RestartSituation& it) { it.evidence.end->end = {}; },
      [](RestartSituation& it) { it.evidence.has_unit = false; },
      [](RestartSituation& it) { it.evidence.unit.reset(); },
      [](RestartSituation& it) { it.evidence.unit->active_state = "active"; },
      [](RestartSituation& it) { it.evidence.unit->main_pid = 0; },
      [](RestartSituation& it) { it.evidence.unit->active_enter_us = 0; },
      [](RestartSituation& it) { it.evidence.unit->stop_job_seen = false; },
      [](RestartSituation& it) { it.evidence.unit_file_state_when_up = "disabled"; },
      [](RestartSituation& it) { it.evidence.was_turned_off ^= true; },
      [](RestartSituation& it) { it.evidence.is_outside ^= true; },
      [](RestartSituation& it) { it.evidence.is_stop_older ^= true; },
      [](RestartSituation& it) { it.evidence.upgrade.reset(); },
      [](RestartSituation& it) { it.has_way = true; },
      [](RestartSituation& it) { it.health.kind = Health::Kind::fine; },
      [](RestartSituation& it) { it.is_machine_busy = false; },
      [](RestartSituation& it) { it.port_stranger.reset(); },
      [](RestartSituation& it) { it.port_stranger->port = 1; },
      [](RestartSituation& it) { it.port_stranger->pid = 1; },
      [](RestartSituation& it) { it.claim.reset(); },
      [](RestartSituation& it) { it.claim->until.reset(); },
      [](RestartSituation& it) { it.kill_switch.clear(); },
      [](RestartSituation& it) { it.under_way.clear(); },
  };
  for (const auto& change : changes) {
    auto other = one;
    change(other);
    EXPECT_FALSE(is_same_for_decision(one, other));
  }
}

}  // namespace
}  // namespace systemcheck
