#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/shed_world.h"

namespace systemcheck::test {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using Texts = std::vector<std::string>;

/// A world in which services are off for a while, and others use everything but `usable` percent.
class ShedRestore : public testing::Test {
 protected:
  void add_off(const std::string& name, double size, std::uint32_t priority = 10) {
    world.add(name, size, priority);
    off_.push_back(name);
  }
  /// All of them off for ten minutes, and so much usable for longer than it must have been.
  void begin(double usable) {
    world.look();
    for (const auto& name : off_) {
      world.stop(name);
      auto& memo = memo_of(name);
      memo.phase = ShedPhase::shed;
      memo.since = world.now - 10min;
      memo.down_since = world.now - 10min;
      memo.predicted_bytes = memo.peak.bytes;
    }
    world.set_usable(usable);
    world.look();
    world.memo.roomy_since.reset();
    world.memo.not_low_since.reset();
    world.pass(120s);
    EXPECT_EQ(world.done, Texts{}) << "not before there has been enough for two minutes";
  }
  ShedServiceMemo& memo_of(const std::string& name) {
    return *std::ranges::find(world.memo.services, name, &ShedServiceMemo::name);
  }
  /// What is done in the next second.
  Texts next() {
    world.done.clear();
    world.pass(1s);
    return world.done;
  }

  ShedWorld world{};

 private:
  std::vector<std::string> off_{};
};

TEST_F(ShedRestore, StartsWhatLeavesEnough) {
  add_off("web", 20);
  begin(40.1);
  EXPECT_EQ(next(), Texts{"start web"});
  const auto& start = world.choice.actions.front();
  EXPECT_EQ(start.bytes, ShedWorld::percent(25));
  EXPECT_EQ(
      start.reason,
      "401.0 MiB of memory are usable, and 151.0 MiB are left when it has taken the 250.0 MiB that it needs");
  EXPECT_EQ(start.deadline, 30s);
}

TEST_F(ShedRestore, AQuarterMoreThanItUsedMustFit) {
  add_off("web", 20);
  begin(39.8);  // The peak has faded by a little.
  EXPECT_EQ(next(), Texts{});
  EXPECT_EQ(world.standing("web").obstacle, ShedObstacle::headroom);
  EXPECT_THAT(standing_words(world.standing("web"), world.now),
              HasSubstr("off: not enough memory would be left (needs 250.0 MiB)"));
}

TEST_F(ShedRestore, WhatJustFitsFits) {
  add_off("web", 20);
  begin(40);
  memo_of("web").peak = {};
  EXPECT_EQ(next(), Texts{"start web"});
}

TEST_F(ShedRestore, WhatItUsedMostLatelyCountsMoreThanWhatItUsedAtLast) {
  add_off("web", 20);
  begin(45);
  memo_of("web").peak = {world.now, ShedWorld::percent(30)};
  EXPECT_EQ(next(), Texts{});
  memo_of("web").peak = {world.now - 24h, ShedWorld::percent(30)};
  EXPECT_EQ(next(), Texts{"start web"});
}

TEST_F(ShedRestore, WhatWasNeverSeenUpIsTakenToNeedATwentieth) {
  add_off("web", 0);
  begin(21.3);
  memo_of("web").peak = {};
  EXPECT_EQ(next(), Texts{"start web"});
  EXPECT_EQ(world.choice.actions.front().bytes, ShedWorld::percent(6.25));
}

TEST_F(ShedRestore, TheDearestComesFirst) {
  add_off("cheap", 5, 1);
  add_off("dear", 5, 2);
  begin(60);
  EXPECT_EQ(next(), Texts{"start dear"});
}

TEST_F(ShedRestore, OfOnePriorityTheSmallestComesFirst) {
  add_off("large", 6);
  add_off("small", 5);
  begin(60);
  EXPECT_EQ(next(), Texts{"start small"});
}

TEST_F(ShedRestore, WhatDoesNotFitHoldsUpNobody) {
  add_off("huge", 50, 99);
  add_off("small", 5, 1);
  begin(60);
  EXPECT_EQ(next(), Texts{"start small"});
  EXPECT_EQ(world.standing("huge").obstacle, ShedObstacle::busy);
  world.pass(2min);
  EXPECT_EQ(world.standing("huge").obstacle, ShedObstacle::headroom);
}

TEST_F(ShedRestore, OneAtATimeAndTheNextWhenItHasGrownAndAMinuteIsOver) {
  add_off("a", 5, 9);
  add_off("b", 5, 1);
  begin(60);
  EXPECT_EQ(next(), Texts{"start a"});
  world.pass(59s);
  EXPECT_EQ(world.done, Texts{"start a"});
  EXPECT_EQ(world.standing("b").obstacle, ShedObstacle::gap);
  EXPECT_EQ(next(), Texts{"start b"});
}

TEST_F(ShedRestore, NotWhileAnotherOneIsBeingStopped) {
  add_off("a", 5);
  world.add("b", 10);
  begin(60);
  memo_of("b").phase = ShedPhase::stopping;
  memo_of("b").deadline = world.now + 10min;
  memo_of("b").instance = "b 1";
  EXPECT_EQ(next(), Texts{});
  EXPECT_EQ(world.standing("a").obstacle, ShedObstacle::busy);
}

TEST_F(ShedRestore, TheRoomThatNewOnesWillGrowIntoIsTaken) {
  add_off("web", 20, 1);
  world.add("young", 5, 2).up_since = ShedWorld::noon - 1min;
  begin(42);
  memo_of("young").peak = {world.now, ShedWorld::percent(10)};
  EXPECT_EQ(next(), Texts{}) << "five of the 42 percent are taken";
  world.service("young").up_since = world.now + 1s - 10min;
  EXPECT_EQ(next(), Texts{"start web"}) << "after ten minutes it has its size";
}

TEST_F(ShedRestore, WhatNewOnesWillGrowByIsNotGuessedWhereTheirUseIsUnknown) {
  add_off("web", 20, 1);
  world.add("young", 5, 2).up_since = ShedWorld::noon - 1min;
  begin(42);
  memo_of("young").peak = {world.now, ShedWorld::percent(10)};
  world.service("young").anonymous_bytes.reset();
  world.set_usable(42);
  EXPECT_EQ(next(), Texts{"start web"});
}

TEST_F(ShedRestore, ADipBeginsTheTwoMinutesAnew) {
  add_off("web", 5);
  begin(30);
  world.set_usable(14.9);
  world.pass(1s);
  world.set_usable(30);
  world.pass(120s);
  EXPECT_EQ(world.done, Texts{});
  EXPECT_EQ(world.standing("web").obstacle, ShedObstacle::uncertain);
  EXPECT_EQ(next(), Texts{"start web"});
}

TEST_F(ShedRestore, JustEnoughIsEnoughToCountTheTwoMinutes) {
  add_off("web", 5);
  begin(15);
  world.set_usable(30);
  EXPECT_EQ(next(), Texts{"start web"});
}

TEST_F(ShedRestore, OfWhatIsOverdueTheyAreCountedFromTheLowerThreshold) {
  add_off("web", 5);
  begin(10);
  memo_of("web").down_since = world.now - 30min;
  world.set_usable(17);
  EXPECT_EQ(next(), Texts{"start web"});
}

TEST_F(ShedRestore, WhatIsOffForAMomentOnlyStaysOff) {
  add_off("web", 5);
  begin(60);
  memo_of("web").down_since = world.now - 58s;
  EXPECT_EQ(next(), Texts{});
  EXPECT_EQ(world.standing("web").obstacle, ShedObstacle::min_down);
  EXPECT_EQ(world.standing("web").until, world.now + 1s);
  EXPECT_EQ(next(), Texts{"start web"});
}

TEST_F(ShedRestore, NothingIsStartedInAShortage) {
  add_off("web", 5);
  begin(60);
  for (const auto shortage : {Shortage::low, Shortage::critical}) {
    world.memo.shortage = shortage;
    world.memo.low_readings = 0;
    world.set_usable(shortage == Shortage::low ? 60 : 9.9);
    EXPECT_EQ(next(), Texts{}) << word(shortage);
    EXPECT_EQ(world.standing("web").obstacle, ShedObstacle::shortage);
  }
}

TEST_F(ShedRestore, AfterThreeTimesWithinAnHourItStaysOffUntilTheHourIsOver) {
  add_off("web", 5);
  begin(60);
  memo_of("web").sheds = {world.now - 1h + 2s, world.now - 20min, world.now - 10min};
  EXPECT_EQ(next(), Texts{});
  EXPECT_EQ(world.standing("web").obstacle, ShedObstacle::too_often);
  EXPECT_EQ(world.standing("web").until, world.now + 1s);
  EXPECT_EQ(next(), Texts{"start web"});
}

/// Turned off again so long after each start: how long is it off?
std::vector<Duration> pauses(Duration up_for, int times) {
  ShedWorld world;
  world.rules.sheds_per_hour = 60;
  world.rules.max_down = Duration::zero();
  world.add("web", 10);
  world.set_usable(40);
  std::vector<Duration> all;
  for (int i = 0; i < times; ++i) {
    world.set_usable(9);
    const auto before = world.done.size();
    world.pass_until_done(before + 1);
    world.pass(20s);
    world.set_usable(40);
    world.pass_until_done(before + 2);
    if (world.done.size() != before + 2 || world.done.back() != "start web") return all;
    all.push_back(world.done_at.back() - world.done_at[before]);
    world.pass(up_for);
  }
  return all;
}

TEST(ShedBackoff, DoublesUpToAnHourWhileItIsTurnedOffSoonAfterItsStart) {
  const auto all = pauses(10min, 7);
  ASSERT_EQ(all.size(), 7U);
  EXPECT_LT(all[0], 3min) << "as soon as there was enough for two minutes";
  EXPECT_EQ(all[1], 5min);
  EXPECT_EQ(all[2], 10min);
  EXPECT_EQ(all[3], 20min);
  EXPECT_EQ(all[4], 40min);
  EXPECT_EQ(all[5], 60min);
  EXPECT_EQ(all[6], 60min);
}

TEST(ShedBackoff, NeverWhereItIsTurnedOffLater) {
  const auto all = pauses(16min, 4);
  ASSERT_EQ(all.size(), 4U);
  for (const auto pause : all)
    EXPECT_LT(pause, 3min);
}

TEST(ShedBackoff, BeginsAnewAfterAnHourWithout) {
  ShedWorld world;
  world.add("web", 10);
  world.look();
  auto& memo = world.memo.services.front();
  memo.backoffs = 3;
  memo.sheds = {world.now - 1h};
  world.set_usable(9);
  world.pass(12s);
  EXPECT_EQ(world.memo_of("web").backoffs, 0U);
  EXPECT_EQ(*world.memo_of("web").next_start, world.done_at.front() + 1min);
}

TEST(ShedBackoff, StaysWhatItWasWithinTheHour) {
  ShedWorld world;
  world.add("web", 10);
  world.look();
  auto& memo = world.memo.services.front();
  memo.backoffs = 3;
  memo.sheds = {world.now - 30min};
  world.set_usable(9);
  world.pass(12s);
  EXPECT_EQ(*world.memo_of("web").next_start, world.done_at.front() + 20min);
}

TEST_F(ShedRestore, WhatIsOffForTooLongIsTriedWithLessToSpare) {
  add_off("web", 20);
  begin(37);  // 12 % would be left: not 15, but 10.
  EXPECT_EQ(next(), Texts{});
  memo_of("web").down_since = world.now - 30min;
  memo_of("web").next_start = world.now + 1h;
  EXPECT_EQ(next(), Texts{"start web"});
}

TEST_F(ShedRestore, WhatLeaksIsTriedWithWhatItNeedsSoonAfterAStart) {
  add_off("leaky", 50);
  begin(60);
  memo_of("leaky").settled_bytes = ShedWorld::percent(20);
  EXPECT_EQ(next(), Texts{}) << "62.5 % are needed";
  memo_of("leaky").down_since = world.now - 30min;
  EXPECT_EQ(next(), Texts{"start leaky"});
  EXPECT_EQ(world.choice.actions.front().bytes, ShedWorld::percent(25));
}

TEST_F(ShedRestore, WhatIsOffForTooLongIsTriedAlsoWhereItJustFits) {
  add_off("web", 20);
  begin(35);
  memo_of("web").peak = {};
  memo_of("web").down_since = world.now - 30min;
  EXPECT_EQ(next(), Texts{"start web"});
}

TEST_F(ShedRestore, WhatWasNeverSeenSoonAfterAStartIsTriedWithTheMostThatItUsed) {
  add_off("web", 20);
  begin(34);
  memo_of("web").settled_bytes = 0;
  memo_of("web").down_since = world.now - 30min;
  EXPECT_EQ(next(), Texts{}) << "9 % would be left";
}

TEST_F(ShedRestore, WhatCannotBeTriedIsAnAlarmEachHour) {
  add_off("web", 20);
  begin(34);
  memo_of("web").down_since = world.now - 30min + 2s;
  world.news.clear();
  world.pass(1s);
  EXPECT_EQ(world.news, Texts{});
  world.pass(1s);
  EXPECT_EQ(world.news, Texts{"overdue web"});
  EXPECT_TRUE(world.choice.news.front().is_alarm);
  EXPECT_THAT(world.choice.news.front().text, HasSubstr("it is off for 30 min; off: not enough memory"));
  world.pass(1h - 1s);
  EXPECT_EQ(world.news.size(), 1U);
  world.pass(1s);
  EXPECT_EQ(world.news.size(), 2U);
}

TEST_F(ShedRestore, WithoutAPromiseNothingIsOverdue) {
  world.rules.max_down = Duration::zero();
  add_off("web", 20);
  begin(37);
  memo_of("web").down_since = world.now - 10h;
  world.pass(2h);
  EXPECT_EQ(world.done, Texts{});
  EXPECT_FALSE(world.has_news("overdue web"));
}

TEST_F(ShedRestore, EvenWhatIsOverdueWaitsUntilThereHasBeenEnoughForTwoMinutes) {
  add_off("web", 5);
  begin(30);
  memo_of("web").down_since = world.now - 30min;
  world.set_usable(9.9);
  world.pass(1s);
  world.set_usable(30);
  world.pass(120s);
  EXPECT_EQ(world.done, Texts{});
  EXPECT_EQ(next(), Texts{"start web"});
}

TEST_F(ShedRestore, WhatIsOffIsStartedAlsoWhereSheddingIsDisabledFromNowOn) {
  add_off("web", 5);
  begin(60);
  world.rules.mode = Mode::disabled;
  EXPECT_EQ(next(), Texts{"start web"});
}

TEST_F(ShedRestore, ItsTriggersAreStartedWithIt) {
  add_off("web", 5);
  begin(60);
  memo_of("web").triggers = {"web.socket"};
  next();
  EXPECT_EQ(world.choice.actions.front().triggers, Texts{"web.socket"});
}

/// What is started when the daemon is stopped for good.
Texts started(const ShedChoice& choice) {
  Texts names;
  for (const auto& action : choice.actions)
    names.push_back(std::string(word(action.verb)) + " " + action.service);
  return names;
}

TEST_F(ShedRestore, AnExitStartsWhatFitsWithoutWaiting) {
  add_off("huge", 50, 99);
  add_off("dear", 10, 9);
  add_off("cheap", 10, 1);
  add_off("too-much", 9, 0);
  begin(46);
  const auto exit = decide_shed_exit(world.rules, world.memo, world.sight(), world.services, world.now);
  EXPECT_EQ(started(exit), (Texts{"start dear", "start cheap"}));
  EXPECT_EQ(exit.memo.services.front().phase, ShedPhase::starting) << "to be written down before";
}

TEST_F(ShedRestore, AnExitStartsWhatJustFits) {
  add_off("web", 20);
  begin(40);
  memo_of("web").peak = {};
  EXPECT_EQ(started(decide_shed_exit(world.rules, world.memo, world.sight(), world.services, world.now)),
            Texts{"start web"});
}

TEST_F(ShedRestore, AnExitStartsWhatHasJustEndedToo) {
  add_off("web", 5);
  begin(60);
  memo_of("web").phase = ShedPhase::settling;
  EXPECT_EQ(started(decide_shed_exit(world.rules, world.memo, world.sight(), world.services, world.now)),
            Texts{"start web"});
}

TEST_F(ShedRestore, AnExitStartsNothingThatIsStartedAlreadyOrWasTurnedOffInWordsOnly) {
  add_off("web", 5);
  begin(60);
  memo_of("web").phase = ShedPhase::starting;
  const auto exit = [&] {
    return started(decide_shed_exit(world.rules, world.memo, world.sight(), world.services, world.now));
  };
  EXPECT_EQ(exit(), Texts{});
  memo_of("web").phase = ShedPhase::shed;
  EXPECT_EQ(exit(), Texts{"start web"});
  memo_of("web").is_rehearsed = true;
  EXPECT_EQ(exit(), Texts{});
}

TEST_F(ShedRestore, AnExitLeavesAllAsItIsWhereItIsToldToOrCannotRead) {
  add_off("web", 10);
  begin(60);
  const auto exit = [&](const Result<MemorySight>& sight) {
    return started(decide_shed_exit(world.rules, world.memo, sight, world.services, world.now));
  };
  EXPECT_EQ(exit(world.sight()), Texts{"start web"});
  EXPECT_EQ(exit(Error{Error::Kind::denied, "no"}), Texts{});
  world.rules.on_exit = ShedOnExit::leave;
  EXPECT_EQ(exit(world.sight()), Texts{});
}

TEST_F(ShedRestore, AnExitStartsNothingThatIsSomebodyElses) {
  add_off("web", 5);
  begin(60);
  world.service("web").held_by = Owner::upgrade;
  EXPECT_EQ(started(decide_shed_exit(world.rules, world.memo, world.sight(), world.services, world.now)),
            Texts{});
}

}  // namespace
}  // namespace systemcheck::test
