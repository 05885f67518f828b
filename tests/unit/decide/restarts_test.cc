#include "decide/restarts.h"

#include <gtest/gtest.h>

#include <vector>

#include "support/restart_sight.h"

namespace systemcheck::test {
namespace {

using namespace std::chrono_literals;

constexpr Instant noon{std::chrono::hours{12}};

Service acting_service() {
  Service service;
  service.name = "billing";
  service.mode = Mode::act;
  service.start = {"/opt/billing/start"};
  return service;
}

/// A service that was seen up at noon.
RestartMemo memo_of_an_up_service(const Service& service, const RestartPolicy& policy) {
  return decide_restart(service, policy, {}, sight(Presence::present, noon), noon).memo;
}

TEST(Restart, LooksOnceMoreThenActsAtOnce) {
  const auto service = acting_service();
  const RestartPolicy policy;
  const auto memo = memo_of_an_up_service(service, policy);
  const auto first = decide_restart(service, policy, memo, sight(Presence::gone, noon + 1s), noon + 1s);
  EXPECT_EQ(first.state, ServiceState::suspect);
  EXPECT_EQ(first.step, RestartStep::look_again);
  const auto second =
      decide_restart(service, policy, first.memo, sight(Presence::gone, noon + 2s), noon + 2s);
  EXPECT_EQ(second.step, RestartStep::restart);
  EXPECT_EQ(second.state, ServiceState::restarting);
}

TEST(Restart, ActsOnAProvenDeathWithTheFirstSightOfIt) {
  const auto service = acting_service();
  const RestartPolicy policy;
  auto situation = sight(Presence::present, noon);
  situation.evidence.main_died = true;
  situation.evidence.end = MainEnd{.end = {.signal = 9}};
  const auto told =
      decide_restart(service, policy, memo_of_an_up_service(service, policy), situation, noon + 10ms);
  EXPECT_EQ(told.state, ServiceState::down) << "it is known, but not what it has left behind";
  EXPECT_EQ(told.step, RestartStep::look_now);
  EXPECT_TRUE(told.is_newly_due);

  situation = sight(Presence::gone, noon + 12ms);
  situation.evidence.end = MainEnd{.end = {.signal = 9}};
  EXPECT_EQ(decide_restart(service, policy, told.memo, situation, noon + 12ms).step, RestartStep::restart);
}

TEST(Restart, NeverCallsAServiceUpWhosePidFileIsStaleNorRestartsIt) {
  const auto service = acting_service();
  const auto choice =
      decide_restart(service, RestartPolicy{}, {}, sight(Presence::stale_pid_file, noon), noon);
  EXPECT_EQ(choice.state, ServiceState::degraded);
  EXPECT_EQ(choice.reason, "as the test says");
  EXPECT_EQ(choice.step, RestartStep::none);
}

TEST(Restart, GivesWhatEndedCleanlyWithoutAUnitTheSameGrace) {
  const auto service = acting_service();
  const RestartPolicy policy;
  auto memo = memo_of_an_up_service(service, policy);
  auto situation = sight(Presence::gone, noon + 1s);
  situation.evidence.end = MainEnd{};
  auto choice = decide_restart(service, policy, memo, situation, noon + 1s);
  EXPECT_EQ(choice.state, ServiceState::suspect);
  ASSERT_TRUE(choice.wake_at);
  EXPECT_EQ(*choice.wake_at, noon + 1s + policy.grace);
  situation.sight_at = noon + 21s;
  choice = decide_restart(service, policy, choice.memo, situation, noon + 21s);
  EXPECT_EQ(choice.step, RestartStep::restart);
}

TEST(Restart, DoesNotTakeOneSightForTwo) {
  const auto service = acting_service();
  const RestartPolicy policy;
  auto memo = memo_of_an_up_service(service, policy);
  auto situation = sight(Presence::gone, noon + 1s);
  memo = decide_restart(service, policy, memo, situation, noon + 1s).memo;
  situation.is_new_sight = false;
  EXPECT_EQ(decide_restart(service, policy, memo, situation, noon + 2s).step, RestartStep::look_again);
}

TEST(Restart, NeverActsInObserveAndCountsOnce) {
  auto service = acting_service();
  service.mode = Mode::observe;
  const RestartPolicy policy;
  auto memo = memo_of_an_up_service(service, policy);
  int counted = 0;
  for (int i = 1; i <= 100; ++i) {
    const auto choice =
        decide_restart(service, policy, memo, sight(Presence::gone, noon + i * 1s), noon + i * 1s);
    EXPECT_NE(choice.step, RestartStep::restart);
    counted += choice.newly_suppressed == Suppressed::observe ? 1 : 0;
    memo = choice.memo;
  }
  EXPECT_EQ(counted, 1);
}

TEST(Restart, NeverActsOnAFailedOrStaleReading) {
  const auto service = acting_service();
  const RestartPolicy policy;
  auto memo = memo_of_an_up_service(service, policy);
  for (int i = 1; i <= 100; ++i) {
    auto situation = sight(i % 2 == 0 ? Presence::unknown : Presence::gone, noon + i * 1s);
    situation.evidence.is_stale = i % 2 == 1;
    const auto choice = decide_restart(service, policy, memo, situation, noon + i * 1s);
    EXPECT_EQ(choice.step, RestartStep::none);
    EXPECT_EQ(choice.state, ServiceState::unknown);
    memo = choice.memo;
  }
}

TEST(Restart, CountsWhatAFailedReadingWithholdsOnce) {
  const auto service = acting_service();
  const RestartPolicy policy;
  const auto up = memo_of_an_up_service(service, policy);
  auto situation = sight(Presence::unknown, noon + 1s);
  EXPECT_EQ(decide_restart(service, policy, up, situation, noon + 1s).newly_suppressed, std::nullopt)
      << "for all that is known it is up";

  situation.evidence.main_died = true;
  const auto first = decide_restart(service, policy, up, situation, noon + 1s);
  EXPECT_EQ(first.newly_suppressed, Suppressed::unknown);
  EXPECT_EQ(decide_restart(service, policy, first.memo, situation, noon + 2s).newly_suppressed, std::nullopt);

  situation.claim = Claim{.owner = Owner::maintenance};
  EXPECT_EQ(decide_restart(service, policy, up, situation, noon + 1s).newly_suppressed, std::nullopt)
      << "nobody would have restarted it";
}

TEST(Restart, CountsWhatItHasNoWayToStart) {
  const auto service = acting_service();
  const RestartPolicy policy;
  auto memo = memo_of_an_up_service(service, policy);
  int counted = 0;
  for (int i = 1; i <= 10; ++i) {
    auto situation = sight(Presence::gone, noon + i * 1s);
    situation.has_way = false;
    const auto choice = decide_restart(service, policy, memo, situation, noon + i * 1s);
    EXPECT_NE(choice.step, RestartStep::restart);
    counted += choice.newly_suppressed == Suppressed::unknown ? 1 : 0;
    memo = choice.memo;
  }
  EXPECT_EQ(counted, 1);
}

TEST(Restart, GivesABootingMachineItsGrace) {
  const auto service = acting_service();
  const RestartPolicy policy;
  auto situation = sight(Presence::gone, noon);
  situation.uptime = 30s;
  auto choice = decide_restart(service, policy, {}, situation, noon);
  choice = decide_restart(service, policy, choice.memo, situation, noon);
  EXPECT_EQ(choice.step, RestartStep::none);
  ASSERT_TRUE(choice.wake_at);
  EXPECT_EQ(*choice.wake_at, noon + 90s);
  situation.uptime = 3min;
  situation.sight_at = noon + 150s;
  EXPECT_EQ(decide_restart(service, policy, choice.memo, situation, noon + 150s).step, RestartStep::restart);
}

TEST(Restart, WaitsForASightTakenAfterTheOutcomeBeforeItCallsAServiceUp) {
  const auto service = acting_service();
  const RestartPolicy policy;
  auto memo = note_attempt(memo_of_an_up_service(service, policy), noon + 1s);
  memo = note_outcome(memo, service, policy, {true, 0, noon + 2s});
  const auto early = decide_restart(service, policy, memo, sight(Presence::present, noon + 1s), noon + 2s);
  EXPECT_EQ(early.state, ServiceState::restarting);
  const auto later =
      decide_restart(service, policy, early.memo, sight(Presence::present, noon + 3s), noon + 3s);
  EXPECT_TRUE(later.has_come_up);
  EXPECT_EQ(decide_restart(service, policy, later.memo, sight(Presence::present, noon + 4s), noon + 4s).state,
            ServiceState::up);
}

TEST(Restart, CallsAnAttemptFailedWhenTheServiceDoesNotComeUpInTime) {
  const auto service = acting_service();
  const RestartPolicy policy;
  auto memo = note_attempt(memo_of_an_up_service(service, policy), noon);
  memo = note_outcome(memo, service, policy, {true, 0, noon + 1s});
  EXPECT_EQ(decide_restart(service, policy, memo, sight(Presence::gone, noon + 29s), noon + 29s).state,
            ServiceState::restarting);
  const auto late = decide_restart(service, policy, memo, sight(Presence::gone, noon + 30s), noon + 30s);
  EXPECT_TRUE(late.attempt_failed);
  EXPECT_EQ(late.state, ServiceState::waiting);
}

TEST(Restart, CallsAnAttemptFailedAsSoonAsSystemdSaysThatItDiedAgain) {
  const auto service = acting_service();
  const RestartPolicy policy;
  auto memo = note_attempt(memo_of_an_up_service(service, policy), noon);
  memo = note_outcome(memo, service, policy, {true, 0, noon + 1s});
  auto situation = sight(Presence::gone, noon + 1s);
  situation.evidence.manager = Manager::running;
  situation.evidence.unit =
      UnitStatus{.load_state = "loaded", .active_state = "failed", .result = "exit-code"};
  EXPECT_FALSE(decide_restart(service, policy, memo, situation, noon + 1s).attempt_failed)
      << "a sight from before the outcome";
  situation.sight_at = noon + 2s;
  const auto failed = decide_restart(service, policy, memo, situation, noon + 2s);
  EXPECT_TRUE(failed.attempt_failed);
  EXPECT_EQ(failed.state, ServiceState::waiting);
  EXPECT_EQ(failed.newly_suppressed, Suppressed::backoff);

  memo.is_flapping = true;
  memo.deaths.assign(policy.flapping.deaths, noon);
  const auto again = decide_restart(service, policy, memo, situation, noon + 2s);
  EXPECT_TRUE(again.attempt_failed);
  EXPECT_EQ(again.state, ServiceState::flapping) << "at once, and not when its pause is over";
  EXPECT_EQ(again.newly_suppressed, Suppressed::flapping);
}

/// A service that dies again as soon as it is up, for a virtual day: when was it restarted?
std::vector<Instant> restarts_of_a_service_that_never_stays_up(const RestartPolicy& policy,
                                                               Duration lives_for) {
  const auto service = acting_service();
  std::vector<Instant> restarts;
  auto memo = memo_of_an_up_service(service, policy);
  auto up_until = noon;
  for (auto now = noon + 1s; now < noon + 24h; now += 1s) {
    const auto presence = now < up_until ? Presence::present : Presence::gone;
    const auto choice = decide_restart(service, policy, memo, sight(presence, now), now);
    memo = choice.memo;
    if (choice.step != RestartStep::restart) continue;
    restarts.push_back(now);
    memo = note_outcome(note_attempt(memo, now), service, policy, {true, 0, now});
    up_until = now + lives_for;
  }
  return restarts;
}

TEST(Restart, DoublesItsPausesUpToTheCapAndNeverGivesUp) {
  const RestartPolicy policy;
  const auto restarts = restarts_of_a_service_that_never_stays_up(policy, 3s);
  ASSERT_GT(restarts.size(), 200U);  // A day at 300 s each.
  EXPECT_EQ(restarts[0], noon + 2s);
  const std::vector<Duration> pauses{5s, 10s, 20s, 40s, 80s, 160s, 300s, 300s};
  for (std::size_t i = 0; i < pauses.size(); ++i)
    EXPECT_EQ(restarts[i + 1] - restarts[i], pauses[i]) << i;
  EXPECT_EQ(restarts.back() - restarts[restarts.size() - 2], 300s);
}

TEST(Restart, ForgetsItsAttemptsAfterTenHealthyMinutes) {
  const RestartPolicy policy;
  const auto restarts = restarts_of_a_service_that_never_stays_up(policy, 11min);
  ASSERT_GT(restarts.size(), 100U);
  for (std::size_t i = 1; i < restarts.size(); ++i)
    EXPECT_LE(restarts[i] - restarts[i - 1], 11min + 3s);
}

TEST(Restart, LooksAgainBeforeItActsOnAnOldSight) {
  const auto service = acting_service();
  const RestartPolicy policy;
  auto memo = memo_of_an_up_service(service, policy);
  memo = decide_restart(service, policy, memo, sight(Presence::gone, noon + 1s), noon + 1s).memo;
  const auto old = sight(Presence::gone, noon + 2s);
  EXPECT_EQ(decide_restart(service, policy, memo, old, noon + 40s).step, RestartStep::look_now);
}

TEST(Restart, SaysWhenItHasReachedTheCap) {
  const RestartPolicy policy;
  RestartMemo memo;
  for (int i = 0; i < 6; ++i)
    memo = note_attempt(memo, noon);
  EXPECT_FALSE(is_at_cap(policy, memo));
  EXPECT_TRUE(is_at_cap(policy, note_attempt(memo, noon)));
}

TEST(Restart, WaitsBeforeTheFirstAttemptIfTold) {
  const auto service = acting_service();
  RestartPolicy policy;
  policy.first = 30s;
  auto memo = memo_of_an_up_service(service, policy);
  memo = decide_restart(service, policy, memo, sight(Presence::gone, noon + 1s), noon + 1s).memo;
  auto choice = decide_restart(service, policy, memo, sight(Presence::gone, noon + 2s), noon + 2s);
  EXPECT_EQ(choice.state, ServiceState::waiting);
  EXPECT_EQ(choice.wake_at, noon + 32s);
  EXPECT_EQ(decide_restart(service, policy, choice.memo, sight(Presence::gone, noon + 32s), noon + 32s).step,
            RestartStep::restart);
}

TEST(Restart, JitterStaysWithinATenth) {
  const RestartPolicy policy;
  EXPECT_EQ(restart_pause(policy, 1, -1), 4500ms);
  EXPECT_EQ(restart_pause(policy, 1, 1), 5500ms);
  EXPECT_EQ(restart_pause(policy, 60, 0), 300s);
}

TEST(Restart, LeavesToItsOwnerWhatSomebodyElseOwns) {
  const auto service = acting_service();
  const RestartPolicy policy;
  auto memo = memo_of_an_up_service(service, policy);
  auto situation = sight(Presence::gone, noon + 1s);
  situation.evidence.manager = Manager::running;
  situation.evidence.unit = UnitStatus{.name = "billing.service",
                                       .load_state = "loaded",
                                       .active_state = "inactive",
                                       .sub_state = "dead",
                                       .unit_file_state = "enabled",
                                       .result = "success",
                                       .stop_job_seen = true};
  for (int i = 0; i < 10; ++i) {
    const auto choice = decide_restart(service, policy, memo, situation, noon + i * 1h);
    EXPECT_EQ(choice.state, ServiceState::held);
    EXPECT_EQ(choice.owner, Owner::admin);
    memo = choice.memo;
  }
}

TEST(Restart, LooksMoreAndMoreSeldomAtARiddleThatStays) {
  const auto service = acting_service();
  const RestartPolicy policy;
  auto memo = memo_of_an_up_service(service, policy);
  auto situation = sight(Presence::gone, noon);
  situation.evidence.manager = Manager::running;
  situation.evidence.unit = UnitStatus{.name = "billing.service",
                                       .load_state = "loaded",
                                       .active_state = "active",
                                       .sub_state = "running",
                                       .main_pid = 4711};
  int looks = 0;
  auto now = noon;
  for (; now < noon + 1h; ++looks) {
    const auto choice = decide_restart(service, policy, memo, situation, now);
    ASSERT_EQ(choice.state, ServiceState::suspect);
    memo = choice.memo;
    now = *choice.wake_at;
  }
  EXPECT_LT(looks, 250);
}

/// The second sight of a service that was up and is gone: due, unless something stands in its way.
RestartChoice decide_when_gone(const Service& service, const RestartPolicy& policy,
                               RestartSituation situation, Instant now = noon + 2s) {
  auto memo = memo_of_an_up_service(service, policy);
  memo = decide_restart(service, policy, memo, sight(Presence::gone, noon + 1s), noon + 1s).memo;
  situation.sight_at = now;
  return decide_restart(service, policy, memo, situation, now);
}

TEST(Restart, AsksEveryOwnerFirst) {
  const auto service = acting_service();
  auto situation = sight(Presence::gone, noon + 2s);
  for (const auto owner : {Owner::admin, Owner::maintenance, Owner::upgrade, Owner::shed}) {
    situation.claim = Claim{.owner = owner, .reason = "of the test"};
    const auto choice = decide_when_gone(service, {}, situation);
    EXPECT_EQ(choice.state, ServiceState::held);
    EXPECT_EQ(choice.owner, owner);
    EXPECT_EQ(choice.newly_suppressed, suppressed_by(owner));
  }
}

TEST(Restart, TheHigherOfAClaimAndOfWhatSystemdSaysWins) {
  const auto service = acting_service();
  auto situation = sight(Presence::gone, noon + 2s);
  situation.claim = Claim{.owner = Owner::maintenance, .reason = "until ten"};
  situation.evidence.manager = Manager::stopping;
  EXPECT_EQ(decide_when_gone(service, {}, situation).owner, Owner::shutdown);
  situation.evidence.manager = Manager::running;
  situation.evidence.unit =
      UnitStatus{.load_state = "loaded", .active_state = "activating", .sub_state = "auto-restart"};
  EXPECT_EQ(decide_when_gone(service, {}, situation).owner, Owner::maintenance);
}

TEST(Restart, WaitsForWhatItComesAfterButNotForEver) {
  const auto service = acting_service();
  auto situation = sight(Presence::gone, noon + 2s);
  situation.waits_for = "syslog";
  auto choice = decide_when_gone(service, {}, situation);
  EXPECT_EQ(choice.state, ServiceState::waiting);
  EXPECT_EQ(choice.newly_suppressed, Suppressed::dependency);
  EXPECT_EQ(choice.reason, "as the test says; waits for syslog");
  EXPECT_EQ(choice.wake_at, noon + 1s + dependency_wait_max);
  situation.sight_at = *choice.wake_at;
  EXPECT_EQ(decide_restart(service, {}, choice.memo, situation, *choice.wake_at).step, RestartStep::restart);
}

TEST(Restart, WhatDiesAgainAndAgainIsFlappingAlsoWhileItWaitsForAnother) {
  const auto service = acting_service();
  const RestartPolicy policy;
  auto memo = memo_of_an_up_service(service, policy);
  memo.is_flapping = true;
  memo.deaths.assign(policy.flapping.deaths, noon);
  memo.attempt_began = noon;
  memo = decide_restart(service, policy, memo, sight(Presence::gone, noon + 1s), noon + 1s).memo;
  auto situation = sight(Presence::gone, noon + 2s);
  situation.waits_for = "syslog";
  auto choice = decide_restart(service, policy, memo, situation, noon + 2s);
  EXPECT_EQ(choice.state, ServiceState::flapping);
  EXPECT_EQ(choice.newly_suppressed, Suppressed::flapping) << "its own pause comes first";
  ASSERT_EQ(choice.wake_at, noon + policy.backoff_max);
  choice.memo.gone_since = *choice.wake_at;
  choice = decide_restart(service, policy, choice.memo, situation, *choice.wake_at);
  EXPECT_EQ(choice.state, ServiceState::flapping);
  EXPECT_EQ(choice.newly_suppressed, Suppressed::dependency);
}

TEST(Restart, ObeysTheLimitOfTheMachine) {
  auto situation = sight(Presence::gone, noon + 2s);
  situation.host = {.until = noon + 1min, .reason = "too many"};
  const auto choice = decide_when_gone(acting_service(), {}, situation);
  EXPECT_EQ(choice.state, ServiceState::waiting);
  EXPECT_EQ(choice.newly_suppressed, Suppressed::host_limit);
  EXPECT_EQ(choice.wake_at, noon + 1min);
}

TEST(Restart, LeavesWhatEndedByItselfAloneForAMoment) {
  const auto service = acting_service();
  const RestartPolicy policy;
  auto situation = sight(Presence::gone, noon + 1s);
  situation.evidence.manager = Manager::running;
  situation.evidence.unit = UnitStatus{
      .load_state = "loaded", .active_state = "inactive", .unit_file_state = "enabled", .result = "success"};
  auto choice = decide_restart(service, policy, memo_of_an_up_service(service, policy), situation, noon + 1s);
  EXPECT_EQ(choice.state, ServiceState::suspect);
  EXPECT_EQ(choice.wake_at, noon + 21s);
  situation.sight_at = noon + 21s;
  EXPECT_EQ(decide_restart(service, policy, choice.memo, situation, noon + 21s).step, RestartStep::restart);
}

RestartSituation alive_but(Health::Kind kind, Instant at = noon + 1s) {
  auto situation = sight(Presence::present, at);
  situation.health = {kind, "no banner within 5 s"};
  return situation;
}

TEST(Restart, RestartsWhatHangsUnlessTheMachineIsBusy) {
  const auto service = acting_service();
  const auto memo = memo_of_an_up_service(service, {});
  auto situation = alive_but(Health::Kind::hangs);
  const auto choice = decide_restart(service, {}, memo, situation, noon + 1s);
  EXPECT_EQ(choice.step, RestartStep::restart);
  EXPECT_EQ(choice.rung, Rung::restart);
  EXPECT_EQ(choice.reason, "no banner within 5 s");
  situation.is_machine_busy = true;
  const auto busy = decide_restart(service, {}, memo, situation, noon + 1s);
  EXPECT_EQ(busy.state, ServiceState::overloaded);
  EXPECT_EQ(busy.step, RestartStep::none);
  EXPECT_EQ(busy.newly_suppressed, Suppressed::overloaded);
}

TEST(Restart, AWrongAnswerIsNoMatterOfLoad) {
  const auto service = acting_service();
  auto situation = alive_but(Health::Kind::fails);
  situation.is_machine_busy = true;
  EXPECT_EQ(decide_restart(service, {}, memo_of_an_up_service(service, {}), situation, noon + 1s).step,
            RestartStep::restart);
}

TEST(Restart, OnlyComplainsWhereNothingIsToBeRestarted) {
  const auto service = acting_service();
  const auto choice = decide_restart(service, {}, memo_of_an_up_service(service, {}),
                                     alive_but(Health::Kind::complains), noon + 1s);
  EXPECT_EQ(choice.state, ServiceState::degraded);
  EXPECT_EQ(choice.step, RestartStep::none);
  EXPECT_EQ(choice.reason, "no banner within 5 s");
}

TEST(Restart, ClimbsTheLadderWithEachAttempt) {
  auto service = acting_service();
  service.reload = {"/opt/billing/reload"};
  const RestartPolicy policy;
  auto memo = memo_of_an_up_service(service, policy);
  std::vector<Rung> rungs;
  for (auto now = noon + 1s; rungs.size() < 4; now += 1s) {
    const auto choice = decide_restart(service, policy, memo, alive_but(Health::Kind::fails, now), now);
    memo = choice.memo;
    if (choice.step != RestartStep::restart) continue;
    rungs.push_back(choice.rung);
    memo = note_outcome(note_attempt(memo, now), service, policy, {true, 0, now});
  }
  EXPECT_EQ(rungs,
            (std::vector<Rung>{Rung::reload, Rung::restart, Rung::stop_and_start, Rung::stop_and_start}));
}

TEST(Restart, DoesNotReloadWhatHangs) {
  auto service = acting_service();
  service.reload = {"/opt/billing/reload"};
  EXPECT_EQ(decide_restart(service, {}, memo_of_an_up_service(service, {}), alive_but(Health::Kind::hangs),
                           noon + 1s)
                .rung,
            Rung::restart);
}

TEST(Restart, IsUpOnlyWhenAProbeHasHadAnAnswerSinceTheStart) {
  const auto service = acting_service();
  const RestartPolicy policy;
  auto memo = note_attempt(memo_of_an_up_service(service, policy), noon + 1s);
  memo = note_outcome(memo, service, policy, {true, 0, noon + 2s});
  auto situation = alive_but(Health::Kind::unproven, noon + 3s);
  EXPECT_EQ(decide_restart(service, policy, memo, situation, noon + 3s).state, ServiceState::restarting);
  situation.health.kind = Health::Kind::fine;
  memo = decide_restart(service, policy, memo, situation, noon + 3s).memo;
  situation.sight_at = noon + 4s;
  EXPECT_EQ(decide_restart(service, policy, memo, situation, noon + 4s).state, ServiceState::up);
}

TEST(Restart, SlowsDownToTheCapWhatComesUpAndDiesAgainAndAgain) {
  RestartPolicy policy;
  policy.reset_after = 1min;
  policy.flapping = {.deaths = 3, .per = 2h};
  const auto restarts = restarts_of_a_service_that_never_stays_up(policy, 2min);
  ASSERT_GT(restarts.size(), 4U);
  EXPECT_LT(restarts[1] - restarts[0], 2min + 10s);
  EXPECT_EQ(restarts[4] - restarts[3], policy.backoff_max);
}

TEST(Restart, SaysThatItFlapsAlsoWhileTheLongestPauseOfTheBackoffLasts) {
  const auto service = acting_service();
  RestartPolicy policy;
  policy.flapping = {.deaths = 1, .per = 2h};
  auto memo = note_attempt(memo_of_an_up_service(service, policy), noon);
  memo = note_outcome(memo, service, policy, {true, 0, noon + 1s});
  memo.attempts = 40;
  memo.next_attempt =
      noon + 1s + policy.backoff_max;  // A second later than the cap counts from its beginning.
  memo = decide_restart(service, policy, memo, sight(Presence::present, noon + 2s), noon + 2s).memo;
  memo = decide_restart(service, policy, memo, sight(Presence::present, noon + 3s), noon + 3s).memo;
  memo = decide_restart(service, policy, memo, sight(Presence::gone, noon + 10s), noon + 10s).memo;
  const auto choice = decide_restart(service, policy, memo, sight(Presence::gone, noon + 11s), noon + 11s);
  EXPECT_EQ(choice.state, ServiceState::flapping);
  EXPECT_EQ(choice.newly_suppressed, Suppressed::flapping);
  EXPECT_EQ(choice.wake_at, noon + 1s + policy.backoff_max) << "the later one of both";
}

TEST(Restart, TellsADeathThatIsOursOnce) {
  const auto service = acting_service();
  auto choice = decide_when_gone(service, {}, sight(Presence::gone, noon + 2s));
  EXPECT_TRUE(choice.is_newly_due);
  EXPECT_FALSE(
      decide_restart(service, {}, choice.memo, sight(Presence::gone, noon + 3s), noon + 3s).is_newly_due);
}

}  // namespace
}  // namespace systemcheck::test
