#include "decide/demand.h"

#include <gtest/gtest.h>

namespace systemcheck {
namespace {

using namespace std::chrono_literals;
using Choice = DemandChoice::Kind;
using End = DemandEnd::Kind;

constexpr Instant noon{12h};
constexpr ProcessIdentity old_one{.pid = 7, .start_ticks = 1};
constexpr ProcessIdentity new_one{.pid = 8, .start_ticks = 2};

DemandSituation alive() {
  return {.mode = Mode::act,
          .has_way_to_start = true,
          .has_way_to_stop = true,
          .cause = {Cause::Kind::alive, "1 process"}};
}

DemandSituation gone() {
  auto situation = alive();
  situation.cause = {Cause::Kind::crash_if_confirmed, "no process of it is running"};
  situation.is_surely_gone = true;
  return situation;
}

Choice chosen(Demand demand, const DemandSituation& situation) {
  return decide_demand(demand, situation).kind;
}

TEST(Demand, BeginsWhatWouldChangeSomething) {
  EXPECT_EQ(chosen(Demand::restart, alive()), Choice::begin);
  EXPECT_EQ(chosen(Demand::restart, gone()), Choice::begin);
  EXPECT_EQ(chosen(Demand::stop, alive()), Choice::begin);
  EXPECT_EQ(chosen(Demand::start, gone()), Choice::begin);
  EXPECT_EQ(chosen(Demand::start, alive()), Choice::needless);
  EXPECT_EQ(chosen(Demand::stop, gone()), Choice::needless);
}

TEST(Demand, StopsWhatIsOnlyPerhapsGone) {
  auto situation = gone();
  situation.is_surely_gone = false;  // Its main process has died, its workers may live.
  EXPECT_EQ(chosen(Demand::stop, situation), Choice::begin);
}

TEST(Demand, NeverTouchesWhatIsNotInAct) {
  for (const auto demand : {Demand::start, Demand::stop, Demand::restart}) {
    for (const auto mode : {Mode::observe, Mode::disabled}) {
      auto situation = gone();
      situation.mode = mode;
      EXPECT_EQ(chosen(demand, situation), Choice::refuse);
    }
  }
  auto observed = alive();
  observed.mode = Mode::observe;
  EXPECT_EQ(decide_demand(Demand::stop, observed).reason,
            "its mode is observe, and only what is in act is ever started, stopped or restarted");
}

TEST(Demand, IsRefusedWithItsReason) {
  const auto reason_of = [](auto change) {
    auto situation = alive();
    change(situation);
    const auto choice = decide_demand(Demand::restart, situation);
    return choice.kind == Choice::refuse ? choice.reason : "not refused";
  };
  EXPECT_EQ(reason_of([](auto& it) { it.kill_switch = "/etc/off exists"; }), "kill switch: /etc/off exists");
  EXPECT_EQ(reason_of([](auto& it) { it.is_busy = true; }), "an order for it is in flight");
  EXPECT_EQ(reason_of([](auto& it) { it.has_way_to_start = false; }),
            "there is no unit and no command to restart it with");
  EXPECT_EQ(reason_of([](auto& it) {
              it.cause = {Cause::Kind::shutdown, "the machine is going down"};
            }),
            "the machine is going down");
  EXPECT_EQ(reason_of([](auto& it) {
              it.cause = {Cause::Kind::absent, "not installed here"};
            }),
            "not installed here");
  EXPECT_EQ(reason_of([](auto& it) {
              it.cause = {Cause::Kind::unknown, "not looked at yet"};
            }),
            "how it is cannot be told: not looked at yet");
}

TEST(Demand, IsDoneWhoeverOwnsTheService) {
  for (const auto owner : {Cause::Kind::admin, Cause::Kind::upgrade, Cause::Kind::systemd}) {
    auto situation = gone();
    situation.cause.kind = owner;
    EXPECT_EQ(chosen(Demand::start, situation), Choice::begin);
  }
}

DemandMemo done(Demand demand) {
  return {.demand = demand, .old_main = old_one, .done_at = noon, .give_up_at = noon + 30s};
}

/// Seen a second later.
DemandSight up(const ProcessIdentity& main) {
  return {.sight_at = noon + 1s, .main = main, .is_alive = true, .reason = "1 process"};
}

End judged(const DemandMemo& memo, const DemandSight& sight, Instant now = noon + 1s) {
  const auto end = judge_demand(memo, sight, now);
  EXPECT_TRUE(end);
  return end ? end->kind : End::refused;
}

TEST(Demand, IsVerifiedByALaterSightAlone) {
  auto sight = up(new_one);
  EXPECT_EQ(judged(done(Demand::restart), sight), End::verified);
  EXPECT_EQ(judged(done(Demand::start), sight), End::verified);
  sight.sight_at = noon;
  EXPECT_FALSE(judge_demand(done(Demand::restart), sight, noon + 1s));
  sight.sight_at = noon + 1s;
  sight.is_verifying = true;
  EXPECT_FALSE(judge_demand(done(Demand::restart), sight, noon + 1h))
      << "the restart decision knows the time";
}

TEST(Demand, ARestartThatLeftTheOldProcessIsNone) {
  const auto sight = up(old_one);
  EXPECT_FALSE(judge_demand(done(Demand::restart), sight, noon + 1s)) << "it may be about to end";
  EXPECT_EQ(judged(done(Demand::restart), sight, noon + 30s), End::failed);
  EXPECT_EQ(judge_demand(done(Demand::restart), sight, noon + 30s)->detail, "process 7 still runs as before");
  EXPECT_EQ(judged(done(Demand::start), sight), End::verified) << "of a start nothing else was wanted";
}

TEST(Demand, TellsWhyItDidNotComeUp) {
  DemandSight sight{.sight_at = noon + 1s, .attempt_failed = true, .reason = "it did not come up; failed"};
  EXPECT_EQ(judge_demand(done(Demand::start), sight, noon + 1s)->detail, "it did not come up; failed");
  EXPECT_EQ(judged(done(Demand::start), sight), End::failed);
  sight.attempt_failed = false;
  EXPECT_EQ(judged(done(Demand::start), sight), End::failed);
}

TEST(Demand, AStopIsVerifiedWhenNothingIsLeft) {
  DemandSight sight{.sight_at = noon + 1s, .main = old_one, .is_alive = true};
  EXPECT_FALSE(judge_demand(done(Demand::stop), sight, noon + 1s));
  EXPECT_EQ(judged(done(Demand::stop), sight, noon + 30s), End::timed_out);
  sight.main.reset();
  sight.is_surely_gone = true;
  EXPECT_EQ(judged(done(Demand::stop), sight), End::verified);
}

TEST(Demand, AStopCommandThatComplainedIsJudgedByWhatIsSeen) {
  auto memo = done(Demand::stop);
  memo.complaint = "exit status 1";
  memo.give_up_at = noon + 2s;
  DemandSight sight{.sight_at = noon + 1s, .main = old_one, .is_alive = true};
  EXPECT_EQ(judged(memo, sight, noon + 2s), End::failed);
  sight.is_surely_gone = true;
  EXPECT_EQ(judged(memo, sight), End::verified);
}

TEST(Demand, WhatCannotBeReadIsNotJudgedUntilItIsTooLate) {
  for (const auto demand : {Demand::start, Demand::stop}) {
    const DemandSight sight{.sight_at = noon + 1s, .is_readable = false, .reason = "no permission"};
    EXPECT_FALSE(judge_demand(done(demand), sight, noon + 1s));
    EXPECT_EQ(judged(done(demand), sight, noon + 30s), End::timed_out);
  }
}

TEST(Demand, MakesNoPauseOfOursLonger) {
  RestartMemo memo;
  memo.attempts = 3;
  memo.next_attempt = noon + 20s;
  memo = note_demand(std::move(memo), Demand::restart, noon);
  EXPECT_TRUE(memo.is_in_flight);
  EXPECT_EQ(memo.attempts, 3U);
  EXPECT_FALSE(memo.next_attempt);
  const auto up =
      note_demand_outcome(memo, {}, {}, Demand::restart, {.has_succeeded = true, .at = noon + 1s});
  EXPECT_FALSE(up.next_attempt);
  EXPECT_EQ(up.verify_until, noon + 30s);
  const auto failed = note_demand_outcome(memo, {}, {}, Demand::restart, {.at = noon + 1s});
  EXPECT_EQ(failed.next_attempt, noon + 1s + 20s);
  EXPECT_FALSE(failed.verify_until);
}

TEST(Demand, ClearingForgetsPausesAndDeaths) {
  RestartMemo memo;
  memo.attempts = 12;
  memo.next_attempt = noon + 5min;
  memo.deaths = {noon, noon};
  memo.is_flapping = true;
  memo.was_up = true;
  memo = cleared(std::move(memo));
  EXPECT_EQ(memo.attempts, 0U);
  EXPECT_FALSE(memo.next_attempt);
  EXPECT_FALSE(memo.is_flapping);
  EXPECT_TRUE(memo.deaths.empty());
  EXPECT_TRUE(memo.was_up);
}

}  // namespace
}  // namespace systemcheck
