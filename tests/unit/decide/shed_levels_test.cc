#include <gtest/gtest.h>

#include "decide/shed_scene.h"
#include "support/shed_world.h"

namespace systemcheck::test {
namespace {

using namespace std::chrono_literals;

/// Half a second between looks, so that three of them are no ten seconds.
constexpr Duration often = 500ms;

TEST(ShedLevels, AreCountedInSharesOrInBytesWhateverIsLower) {
  MemoryRules rules;
  rules.warn = {0.15, 300};
  rules.below = {0.10, 200};
  rules.critical = {0.05, 100};
  const auto small = thresholds_of(rules, 1000, 0);
  EXPECT_EQ(small.warn, 150);
  EXPECT_EQ(small.below, 100);
  EXPECT_EQ(small.critical, 50);
  const auto large = thresholds_of(rules, 100'000, 0);
  EXPECT_EQ(large.warn, 300);
  EXPECT_EQ(large.below, 200);
  EXPECT_EQ(large.critical, 100);
  EXPECT_EQ(large.near, 400);
}

TEST(ShedLevels, BeginWhereTheirThresholdIsPassedAndNotOnIt) {
  struct Case {
    double usable;
    Shortage shortage;
  };
  for (const auto& [usable, shortage] :
       {Case{15, Shortage::normal}, Case{14.9, Shortage::warn}, Case{10, Shortage::warn},
        Case{9.9, Shortage::low}, Case{5, Shortage::low}, Case{4.9, Shortage::critical}}) {
    ShedWorld world;
    world.set_usable(usable);
    EXPECT_EQ(world.pass(30s).shortage, shortage) << usable;
  }
}

TEST(ShedLevels, WarnAtOnce) {
  ShedWorld world;
  world.set_usable(14);
  EXPECT_EQ(world.look().shortage, Shortage::warn);
  EXPECT_EQ(world.choice.state, ShedState::warn);
}

TEST(ShedLevels, WarnUntilThereIsAFifthMoreForAMinute) {
  ShedWorld world;
  world.set_usable(14);
  world.look();
  world.set_usable(17.9);
  EXPECT_EQ(world.pass(10min).shortage, Shortage::warn);
  world.set_usable(18);
  EXPECT_EQ(world.pass(60s).shortage, Shortage::warn);
  EXPECT_EQ(world.pass(1s).shortage, Shortage::normal);
}

TEST(ShedLevels, ADipBeginsTheMinuteAnew) {
  ShedWorld world;
  world.set_usable(14);
  world.look();
  world.set_usable(20);
  world.pass(50s);
  world.set_usable(17);
  world.pass(1s);
  world.set_usable(20);
  EXPECT_EQ(world.pass(55s).shortage, Shortage::warn);
}

TEST(ShedLevels, AreLowAfterTenSecondsBelow) {
  ShedWorld world;
  world.set_usable(9);
  world.look();
  EXPECT_EQ(world.pass(9500ms, often).shortage, Shortage::warn);
  EXPECT_EQ(world.pass(500ms, often).shortage, Shortage::low);
}

TEST(ShedLevels, AreToldAlsoWhereNothingIsTurnedOff) {
  ShedWorld world;
  world.rules.mode = Mode::disabled;
  world.set_usable(9);
  EXPECT_EQ(world.pass(11s).shortage, Shortage::low);
}

TEST(ShedLevels, OneLookAboveBeginsTheTenSecondsAnew) {
  ShedWorld world;
  world.set_usable(9);
  world.pass(9s);
  world.set_usable(10);
  world.pass(1s);
  world.set_usable(9);
  EXPECT_EQ(world.pass(10s).shortage, Shortage::warn);
  EXPECT_EQ(world.pass(1s).shortage, Shortage::low);
}

TEST(ShedLevels, TwoLooksAreNotEnoughHoweverFarApart) {
  ShedWorld world;
  world.set_usable(9);
  world.look();
  world.wait(1min);
  EXPECT_EQ(world.look().shortage, Shortage::warn);
  world.wait(1min);
  EXPECT_EQ(world.look().shortage, Shortage::low);
}

TEST(ShedLevels, TheSameReadingTwiceIsOneReading) {
  ShedWorld world;
  world.set_usable(4);
  const auto sight = world.sight();
  world.look(sight);
  world.now += 1s;
  EXPECT_EQ(world.look(sight).shortage, Shortage::warn);
}

TEST(ShedLevels, AreCriticalWithTheSecondReading) {
  ShedWorld world;
  world.set_usable(4);
  EXPECT_EQ(world.look().shortage, Shortage::warn);
  world.wait(100ms);
  EXPECT_EQ(world.look().shortage, Shortage::critical);
}

TEST(ShedLevels, TwoCriticalReadingsWithAnotherBetweenThemAreNone) {
  ShedWorld world;
  for (const double usable : {4.0, 6.0, 4.0}) {
    world.set_usable(usable);
    world.pass(1s);
  }
  EXPECT_EQ(world.choice.shortage, Shortage::warn);
}

TEST(ShedLevels, StayCriticalUntilItIsNotEvenLow) {
  ShedWorld world;
  world.set_usable(4);
  world.pass(2s);
  world.set_usable(9.9);
  EXPECT_EQ(world.pass(1h).shortage, Shortage::critical);
  world.set_usable(10);
  EXPECT_EQ(world.pass(1s).shortage, Shortage::low);
}

TEST(ShedLevels, StayLowUntilTheTargetWasReachedForTwoMinutes) {
  ShedWorld world;
  world.set_usable(9);
  world.pass(20s);
  world.set_usable(14.9);
  EXPECT_EQ(world.pass(1h).shortage, Shortage::low);
  world.set_usable(15);
  EXPECT_EQ(world.pass(120s).shortage, Shortage::low);
  EXPECT_EQ(world.pass(1s).shortage, Shortage::normal);
}

TEST(ShedLevels, AreLowWhereSwapIsUsedUpAndMemoryIsNotFarFromIt) {
  struct Case {
    double swap_free;
    double usable;
    bool is_low;
  };
  for (const auto& it : {Case{9, 19, true}, Case{9, 20, false}, Case{10, 19, false}}) {
    ShedWorld world;
    world.swap_free = it.swap_free;
    world.set_usable(it.usable);
    EXPECT_EQ(world.pass(30s).shortage == Shortage::low, it.is_low) << it.swap_free << " " << it.usable;
  }
}

TEST(ShedLevels, WithoutSwapNothingOfItIsUsedUp) {
  ShedWorld world;
  world.set_usable(16);
  EXPECT_EQ(world.pass(30s).shortage, Shortage::normal);
}

/// Tasks wait for so much of each second; how short is memory after some?
Shortage shortage_under_pressure(double share, double usable, int seconds) {
  ShedWorld world;
  world.set_usable(usable);
  world.waited = 0;
  world.look();
  for (int i = 0; i < seconds; ++i) {
    *world.waited += share;
    world.pass(1s);
  }
  return world.choice.shortage;
}

TEST(ShedLevels, AreLowWhereTasksWaitInThreeOfFiveSeconds) {
  EXPECT_EQ(shortage_under_pressure(0.2, 19, 3), Shortage::low);
  EXPECT_EQ(shortage_under_pressure(0.2, 19, 2), Shortage::normal) << "in two seconds";
  EXPECT_EQ(shortage_under_pressure(0.14, 19, 60), Shortage::normal) << "too little";
  EXPECT_EQ(shortage_under_pressure(0.2, 20, 60), Shortage::normal) << "there is memory";
}

TEST(ShedLevels, AreLowAlsoWhereTasksWaitForJustSoMuch) {
  ShedWorld world;
  world.set_usable(19);
  world.waited = 0;
  world.look();
  for (const double waited : {0.15, 0.30, 0.45}) {
    world.waited = waited;
    world.pass(1s);
  }
  EXPECT_EQ(world.choice.shortage, Shortage::low);
}

TEST(ShedLevels, PressureInTwoOfFiveSecondsIsNone) {
  ShedWorld world;
  world.set_usable(19);
  world.waited = 0;
  world.look();
  for (int i = 0; i < 100; ++i) {
    if (i % 5 < 2) *world.waited += 0.9;
    world.pass(1s);
    ASSERT_EQ(world.choice.shortage, Shortage::normal) << i;
  }
}

TEST(ShedLevels, ThreeLooksWithinOneSecondAreOneSecondOfPressure) {
  ShedWorld world;
  world.set_usable(19);
  world.waited = 0;
  for (int i = 0; i < 200; ++i) {
    if (i % 50 < 5) *world.waited += 0.1;
    world.pass(100ms, 100ms);
    ASSERT_EQ(world.choice.shortage, Shortage::normal) << i;
  }
}

TEST(ShedLevels, WhatWasWaitedForBeforeTheFirstLookIsNoPressure) {
  ShedWorld world;
  world.set_usable(19);
  world.waited = in_seconds(11h);
  world.look();
  for (int i = 0; i < 2; ++i) {
    *world.waited += 0.9;
    world.pass(1s);
  }
  EXPECT_EQ(world.choice.shortage, Shortage::normal);
}

TEST(ShedLevels, PressureWhileMemoryComesBackIsNotCounted) {
  ShedWorld world;
  world.waited = 0;
  world.stop_takes = 5s;
  world.add("a", 3, 1);
  world.add("b", 3, 2);
  world.set_usable(16);
  world.look();
  for (int i = 0; i < 11; ++i) {
    *world.waited += 0.9;
    world.pass(1s);
  }
  EXPECT_EQ(world.done, std::vector<std::string>{"stop a"}) << "three seconds, the stop, and two to settle";
  for (int i = 0; i < 4; ++i) {
    *world.waited += 0.9;
    world.pass(1s);
  }
  EXPECT_EQ(world.done.size(), 2U) << "it goes on afterwards";
}

TEST(ShedLevels, OnceInAWhileIsNoPressureHoweverOftenOneLooks) {
  ShedWorld world;
  world.set_usable(19);
  world.waited = 0;
  for (int i = 0; i < 200; ++i) {
    if (i % 40 == 0) *world.waited += 0.1;  // 0.1 s within 100 ms, and of every fourth second a tenth.
    world.pass(100ms, 100ms);
    ASSERT_EQ(world.choice.shortage, Shortage::normal) << i;
  }
}

TEST(ShedLevels, AnOomKillRaisesTheTargetAndWhatMustBeLeft) {
  const MemoryRules rules;
  EXPECT_EQ(thresholds_of(rules, 1000, 0).target, 150);
  EXPECT_EQ(thresholds_of(rules, 1000, 0).floor, 150);
  EXPECT_EQ(thresholds_of(rules, 1000, 1).target, 200);
  EXPECT_EQ(thresholds_of(rules, 1000, 1).floor, 200);
}

TEST(ShedLevels, OomKillsCountInAShortageOnly) {
  ShedWorld world;
  world.set_usable(50);
  world.look();
  world.oom_kills = 7;  // Of a control group, perhaps.
  world.pass(1s);
  EXPECT_EQ(world.memo.oom_kills, 0U);
  world.set_usable(15);
  ++world.oom_kills;
  world.pass(1s);
  EXPECT_EQ(world.memo.oom_kills, 0U) << "no shortage yet";
  world.set_usable(9);
  ++world.oom_kills;
  world.pass(1s);
  EXPECT_EQ(world.memo.oom_kills, 1U);
  world.oom_kills += 4;
  world.pass(1s);
  EXPECT_EQ(world.memo.oom_kills, 2U) << "each look counts once";
  for (int i = 0; i < 10; ++i) {
    ++world.oom_kills;
    world.pass(1s);
  }
  EXPECT_EQ(world.memo.oom_kills, 3U) << "no more than the target may be raised";
}

TEST(ShedLevels, LongBlindnessForgetsWhatWasCounted) {
  ShedWorld world;
  world.set_usable(9);
  world.pass(9s);
  for (int i = 0; i < 11; ++i) {
    world.now += 1s;
    world.look(Error{Error::Kind::denied, "no"});
  }
  EXPECT_EQ(world.pass(10s).shortage, Shortage::warn);
  EXPECT_EQ(world.pass(1s).shortage, Shortage::low);
}

TEST(ShedLevels, AMissingReadingForgetsNothing) {
  ShedWorld world;
  world.set_usable(9);
  world.pass(9s);
  world.now += 1s;
  world.look(Error{Error::Kind::denied, "no"});
  EXPECT_EQ(world.pass(1s).shortage, Shortage::low);
}

}  // namespace
}  // namespace systemcheck::test
