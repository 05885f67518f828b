#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/shed_world.h"

namespace systemcheck::test {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using Texts = std::vector<std::string>;

TEST(ShedStops, SayWhyAndWhatIsExpectedOfThem) {
  ShedWorld world;
  world.add("web", 20).triggers = {"web.socket"};
  world.set_usable(9);
  world.pass(11s);
  ASSERT_EQ(world.choice.actions.size(), 1U);
  const auto& stop = world.choice.actions.front();
  EXPECT_EQ(stop.reason, "90.0 MiB (9.0%) of memory are usable; stopping it should free 200.0 MiB");
  EXPECT_EQ(stop.deadline, 20s);
  EXPECT_EQ(stop.triggers, Texts{"web.socket"});
  EXPECT_EQ(stop.bytes, ShedWorld::percent(20));
  EXPECT_FALSE(stop.is_rehearsed);
  EXPECT_EQ(world.choice.state, ShedState::stopping);
  EXPECT_EQ(world.choice.pending_bytes, ShedWorld::percent(20));
}

TEST(ShedStops, NotWhereMemoryIsOnlyToBeWarnedOf) {
  ShedWorld world;
  world.add("web", 20);
  world.set_usable(10);
  world.pass(1h);
  EXPECT_EQ(world.done, Texts{});
}

TEST(ShedStops, OneReadingStopsNothing) {
  ShedWorld world;
  world.add("web", 20);
  world.set_usable(50);
  world.pass(1min);
  world.set_usable(0);
  world.pass(1s);
  world.set_usable(50);
  world.pass(1min);
  EXPECT_EQ(world.done, Texts{});
}

TEST(ShedStops, OneAfterTheOtherWhenItIsSeenWhatTheLastGaveBack) {
  ShedWorld world;
  world.stop_takes = 7s;
  world.add("a", 2, 1);
  world.add("b", 2, 2);
  world.add("c", 2, 3);
  world.set_usable(5.5);
  world.pass(1min);
  ASSERT_EQ(world.done, (Texts{"stop a", "stop b", "stop c"}));
  // Gone after seven seconds, and two seconds to see what it gave back.
  EXPECT_EQ(world.done_at[1] - world.done_at[0], 9s);
  EXPECT_EQ(world.done_at[2] - world.done_at[1], 9s);
}

TEST(ShedStops, WhatIsOnItsWayCountsAsThere) {
  ShedWorld world;
  world.stop_takes = 19s;
  world.add("enough", 11, 1);
  world.add("spared", 20, 2);
  world.set_usable(4);
  world.pass(20s);
  EXPECT_EQ(world.done.front(), "stop enough");
  EXPECT_EQ(std::ranges::count(world.done, "stop spared"), 0);
}

TEST(ShedStops, EndWhenItIsNoLongerBelowAlthoughTheTargetIsNotReached) {
  ShedWorld world;
  world.add("a", 2, 1);
  world.add("b", 2, 2);
  world.set_usable(9);
  world.pass(10min);
  EXPECT_EQ(world.done, Texts{"stop a"}) << "11 % are usable: what is off stays off, and no more is";
  EXPECT_EQ(world.choice.state, ShedState::low);
}

TEST(ShedStops, UpToThreeAtOnceWhenItIsCritical) {
  ShedWorld world;
  world.stop_takes = 4s;
  for (const auto* name : {"a", "b", "c", "d", "e"})
    world.add(name, 2, 1);
  world.set_usable(2);
  world.pass(2s);
  EXPECT_EQ(world.done, (Texts{"stop a", "stop b", "stop c"}));
  EXPECT_EQ(world.choice.actions.front().deadline, 5s);
  world.pass(2s);
  EXPECT_EQ(world.done.size(), 3U);
}

TEST(ShedStops, NoMoreAtOnceThanAreNeeded) {
  ShedWorld world;
  for (const auto* name : {"a", "b", "c"})
    world.add(name, 6, 1);
  world.set_usable(4);
  world.pass(2s);
  EXPECT_EQ(world.done, (Texts{"stop a", "stop b"})) << "11 % are needed";
}

TEST(ShedStops, ACriticalShortageDoesNotWaitForWhatTheLastGaveBack) {
  ShedWorld world;
  world.stop_takes = 1s;
  world.add("a", 1, 1);
  world.add("b", 1, 2);
  world.add("c", 1, 3);
  world.add("d", 20, 4);
  world.set_usable(1);
  world.pass(4s);
  EXPECT_EQ(std::ranges::count(world.done, "stop d"), 1);
}

TEST(ShedStops, AStopThatBecomesCriticalHasNoLongerToEnd) {
  ShedWorld world;
  world.is_deaf = true;
  world.add("web", 20);
  world.set_usable(9);
  world.pass(11s);
  ASSERT_EQ(world.done, Texts{"stop web"});
  world.set_usable(4);
  world.pass(7s);
  EXPECT_EQ(world.done, (Texts{"stop web", "kill web"}));
}

TEST(ShedStops, GoOnForSwapUntilTwiceTheThresholdIsUsable) {
  ShedWorld world;
  world.swap_free = 5;
  world.add("a", 3, 1);
  world.add("b", 3, 2);
  world.add("c", 3, 3);
  world.set_usable(15);
  world.pass(1min);
  EXPECT_EQ(world.done, (Texts{"stop a", "stop b"})) << "then it is 21 %";
  EXPECT_EQ(world.memo_of("a").cause, ShedCause::swap);
}

TEST(ShedStops, ForPressureSaySo) {
  ShedWorld world;
  world.waited = 0;
  world.add("web", 10);
  world.set_usable(15);
  world.look();
  for (int i = 0; i < 4 && world.done.empty(); ++i) {
    *world.waited += 0.5;
    world.pass(1s);
  }
  ASSERT_EQ(world.done, Texts{"stop web"});
  EXPECT_THAT(world.choice.actions.front().reason, HasSubstr("tasks wait for memory"));
}

/// Memory falls by so much a second, from 40 %; how much is usable when the first is stopped?
double usable_at_first_stop(ShedWorld& world, double per_second) {
  world.set_usable(40);
  for (int i = 0; i < 20'000 && world.done.empty(); ++i) {
    world.others += per_second / 4;
    world.pass(250ms, 250ms);
  }
  return world.usable();
}

TEST(ShedForecast, StopsBeforeItIsLowWhatWouldNotHaveEndedInTime) {
  ShedWorld world;
  world.add("web", 20);
  const double usable = usable_at_first_stop(world, 0.5);
  // 5 s to stop, before that is known, and 10 s to spare: 7.5 % above what is critical.
  EXPECT_NEAR(usable, 12.5, 0.3);
  EXPECT_EQ(world.memo_of("web").cause, ShedCause::forecast);
  EXPECT_THAT(world.choice.actions.front().reason, HasSubstr("and in 14."));
}

TEST(ShedForecast, KnowsHowLongEachTakesToStop) {
  ShedWorld world;
  world.add("slow", 20);
  world.look();
  world.memo.services.front().stop_times = {1s, 12s, 2s};
  EXPECT_NEAR(usable_at_first_stop(world, 0.4), 13.8, 0.3) << "22 s";
}

TEST(ShedForecast, NeverLooksFurtherAheadThanHalfAMinute) {
  ShedWorld world;
  world.add("slow", 20);
  world.look();
  world.memo.services.front().stop_times = {5min};
  EXPECT_NEAR(usable_at_first_stop(world, 0.3), 14, 0.3);
}

TEST(ShedForecast, StopsNothingWhileMemoryIsNotEvenToBeWarnedOf) {
  ShedWorld world;
  world.add("web", 20);
  EXPECT_LT(usable_at_first_stop(world, 3), 15);
}

TEST(ShedForecast, SlowFallsWaitUntilItIsLow) {
  ShedWorld world;
  world.add("web", 20);
  EXPECT_LT(usable_at_first_stop(world, 0.02), 10);
  EXPECT_EQ(world.memo_of("web").cause, ShedCause::low);
}

TEST(ShedForecast, NeedsFiveReadings) {
  ShedWorld world;
  world.add("web", 20);
  for (const double usable : {14.5, 12.5, 11.0, 10.5}) {
    world.set_usable(usable);
    world.pass(1s);
  }
  EXPECT_EQ(world.done, Texts{});
  world.set_usable(10.1);
  world.pass(1s);
  EXPECT_EQ(world.done, Texts{"stop web"});
}

TEST(ShedForecast, SeesNoFallInWhatGoesUpAndDown) {
  ShedWorld world;
  world.add("web", 20);
  for (int i = 0; i < 60; ++i) {
    world.set_usable((i % 2 == 0 ? 14.5 : 11.5) - 0.01 * i);
    world.pass(1s);
  }
  EXPECT_EQ(world.done, Texts{});
}

TEST(ShedForecast, IsUrgentAndTakesSeveralAtOnce) {
  ShedWorld world;
  world.add("a", 2, 1);
  world.add("b", 2, 2);
  world.add("c", 2, 3);
  usable_at_first_stop(world, 0.5);
  EXPECT_EQ(world.done, (Texts{"stop a", "stop b"})) << "12.5 %: 2.5 more are wanted";
}

TEST(ShedForecast, IsSilentWhileWhatWeHaveStartedGrowsToItsSize) {
  ShedWorld world;
  world.add("web", 20, 2);
  world.add("mail", 10, 1);
  world.stop("web");
  world.set_usable(50);
  world.look();
  auto& memo = world.memo.services.back();
  ASSERT_EQ(memo.name, "web");
  memo.phase = ShedPhase::warming;
  memo.since = world.now;
  world.start("web");
  world.set_usable(18);
  for (int i = 0; i < 14; ++i) {
    world.others += 0.5;
    world.pass(1s);
  }
  EXPECT_EQ(world.done, Texts{});
}

TEST(ShedStuck, SaysOnceThatNothingIsLeft) {
  ShedWorld world;
  world.add("web", 3);
  world.set_usable(6);
  world.pass(10min);
  EXPECT_EQ(world.done, Texts{"stop web"});
  EXPECT_EQ(world.choice.state, ShedState::stuck);
  EXPECT_EQ(std::ranges::count(world.news, "stuck"), 1);
}

TEST(ShedStuck, IsNoStateOfAMachineThatHasRecovered) {
  ShedWorld world;
  world.set_usable(6);
  world.pass(1min);
  ASSERT_EQ(world.choice.state, ShedState::stuck);
  world.set_usable(50);
  world.pass(2min + 1s);
  EXPECT_EQ(world.choice.state, ShedState::normal);
  world.set_usable(6);
  world.pass(1min);
  EXPECT_EQ(std::ranges::count(world.news, "stuck"), 2);
}

TEST(ShedStuck, GoesOnWhenOneAppears) {
  ShedWorld world;
  world.set_usable(6);
  world.pass(1min);
  world.add("late", 20);
  world.others -= 20;
  world.pass(2s);
  EXPECT_EQ(world.done, Texts{"stop late"});
}

TEST(ShedStuck, EndsTheRowWhenTwoHaveGivenLittleBack) {
  ShedWorld world;
  for (const auto* name : {"a", "b", "c"})
    world.add(name, 10);
  world.set_usable(6);
  // Whatever is freed is taken at once.
  for (int i = 0; i < 100; ++i) {
    world.wait(1s);
    world.set_usable(6);
    world.look();
  }
  EXPECT_EQ(world.done, (Texts{"stop a", "stop b"}));
  EXPECT_EQ(world.choice.state, ShedState::stuck);
  EXPECT_TRUE(world.has_news("ineffective a"));
  EXPECT_TRUE(world.has_news("ineffective b"));
  EXPECT_TRUE(world.has_news("stuck"));
}

TEST(ShedStuck, NamesWhoHasGrown) {
  ShedWorld world;
  world.add("innocent", 10).priority.reset();
  world.add("hungry", 10).priority.reset();
  world.set_usable(12);
  std::string text;
  for (int i = 0; i < 60; ++i) {
    world.service("hungry").anonymous_bytes = ShedWorld::percent(10 + 0.1 * i);
    world.pass(1s);
    for (const auto& it : world.choice.news)
      if (it.kind == ShedNews::Kind::stuck) text = it.text;
  }
  EXPECT_THAT(text, HasSubstr("; grown most: hungry by "));
  EXPECT_THAT(text, testing::Not(HasSubstr("innocent")));
}

TEST(ShedAdoption, WhatWouldBeStartedInAShortageStaysOffInstead) {
  ShedWorld world;
  world.add("web", 20).up_since = ShedWorld::noon - 1h;
  world.look();
  world.stop("web");
  world.service("web").is_restart_due = true;
  world.set_usable(9);
  world.pass(12s);
  EXPECT_EQ(world.phase("web"), ShedPhase::shed);
  EXPECT_TRUE(world.has_news("adopted web"));
  world.set_usable(60);
  world.pass(4min);
  EXPECT_EQ(world.done, Texts{"start web"});
}

TEST(ShedAdoption, LeavesAloneWhatIsOffForAnotherReason) {
  ShedWorld world;
  world.add("admin", 20).held_by = Owner::admin;
  world.add("unmarked", 20).priority.reset();
  world.add("ended", 20);
  for (const auto* name : {"admin", "unmarked", "ended"}) {
    world.stop(name);
    world.service(name).is_restart_due = std::string(name) != "ended";
  }
  world.set_usable(9);
  world.pass(1min);
  for (const auto* name : {"admin", "unmarked", "ended"})
    EXPECT_EQ(world.phase(name), ShedPhase::up) << name;
}

TEST(ShedAdoption, StartsAreForbiddenToOthersMeanwhile) {
  ShedWorld world;
  world.add("web", 20);
  world.add("unmarked", 1).priority.reset();
  const auto obstacle = [&](const char* name) {
    return start_obstacle(world.rules, world.memo, world.service(name));
  };
  world.set_usable(50);
  world.look();
  EXPECT_EQ(obstacle("web"), ShedObstacle::none);
  world.memo.shortage = Shortage::low;
  EXPECT_EQ(obstacle("web"), ShedObstacle::shortage);
  EXPECT_EQ(obstacle("unmarked"), ShedObstacle::none);
  world.memo.shortage = Shortage::critical;
  EXPECT_EQ(obstacle("unmarked"), ShedObstacle::shortage);
  world.memo.shortage = Shortage::normal;
  for (const auto phase : {ShedPhase::stopping, ShedPhase::settling, ShedPhase::shed, ShedPhase::starting}) {
    world.memo.services.back().phase = phase;
    EXPECT_EQ(obstacle("web"), ShedObstacle::held) << word(phase);
  }
  world.memo.services.back().phase = ShedPhase::warming;
  EXPECT_EQ(obstacle("web"), ShedObstacle::none);
}

TEST(ShedAdoption, NothingIsForbiddenWhereSheddingOnlyObserves) {
  ShedWorld world;
  world.add("web", 20);
  world.look();
  world.memo.shortage = Shortage::critical;
  world.rules.mode = Mode::observe;
  EXPECT_EQ(start_obstacle(world.rules, world.memo, world.service("web")), ShedObstacle::none);
}

}  // namespace
}  // namespace systemcheck::test
