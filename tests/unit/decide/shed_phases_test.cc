#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "decide/shed_scene.h"
#include "support/shed_world.h"

namespace systemcheck::test {
namespace {

using namespace std::chrono_literals;
using Texts = std::vector<std::string>;

/// A world in which "web" has just been told to stop.
ShedWorld stopping(double size = 20) {
  ShedWorld world;
  world.add("web", size);
  world.set_usable(9);
  world.pass(11s);
  EXPECT_EQ(world.done, Texts{"stop web"});
  return world;
}

/// A world in which "web" is off, and there is room for it.
ShedWorld shed() {
  auto world = stopping();
  world.pass(10s);
  EXPECT_EQ(world.phase("web"), ShedPhase::shed);
  return world;
}

TEST(ShedPhases, GoFromStoppingBySettlingToOff) {
  auto world = stopping();
  EXPECT_EQ(world.phase("web"), ShedPhase::stopping);
  EXPECT_EQ(world.choice.state, ShedState::stopping);
  world.pass(3s);
  EXPECT_EQ(world.phase("web"), ShedPhase::settling);
  EXPECT_EQ(world.choice.state, ShedState::settle);
  world.pass(1s);
  EXPECT_EQ(world.phase("web"), ShedPhase::settling) << "two seconds at least";
  world.pass(1s);
  EXPECT_EQ(world.phase("web"), ShedPhase::shed);
  EXPECT_EQ(world.choice.state, ShedState::hold);
  EXPECT_TRUE(world.has_news("freed web"));
  EXPECT_EQ(world.memo_of("web").stop_times, std::vector<Duration>{3s});
}

TEST(ShedPhases, SettlingTakesTenSecondsWhereLittleComesBack) {
  auto world = stopping();
  world.wait(3s);
  world.others += 8;  // Of 20 percent 12 are seen to come back: enough to count, too little to be sure.
  world.look();
  world.pass(9s);
  EXPECT_EQ(world.phase("web"), ShedPhase::settling);
  world.pass(1s);
  EXPECT_EQ(world.phase("web"), ShedPhase::shed);
}

TEST(ShedPhases, MemoryThatComesBackLateIsWaitedFor) {
  auto world = stopping();
  world.wait(3s);
  auto late = world.sight();
  late.usable_bytes -= ShedWorld::percent(20);  // On the lists of processors.
  late.anonymous_bytes = world.sight().anonymous_bytes;
  world.look(late);
  EXPECT_EQ(world.choice.pending_bytes, ShedWorld::percent(20)) << "it counts as on its way";
  world.now += 2s;
  late.taken = world.now;
  world.look(late);
  EXPECT_EQ(world.phase("web"), ShedPhase::shed) << "the anonymous pages say that it is gone";
  EXPECT_TRUE(world.has_news("freed web"));
}

struct Returned {
  double percent;
  bool is_effective;
};
TEST(ShedPhases, LessThanThreeTenthsIsLittle) {
  for (const auto& it : {Returned{5.9, false}, Returned{6.1, true}}) {
    auto world = stopping();
    world.wait(3s);
    world.others += 20 - it.percent;
    world.look();
    world.pass(11s);
    EXPECT_EQ(world.has_news("freed web"), it.is_effective) << it.percent;
    EXPECT_EQ(world.has_news("ineffective web"), !it.is_effective) << it.percent;
    EXPECT_EQ(world.memo.ineffective, it.is_effective ? 0U : 1U);
    EXPECT_EQ(world.memo_of("web").ineffective_until.has_value(), !it.is_effective);
  }
}

TEST(ShedPhases, SeveralThatEndAtOnceShareWhatComesBack) {
  ShedWorld world;
  world.add("a", 8, 1);
  world.add("b", 4, 1);
  world.set_usable(4);
  world.pass(2s);
  ASSERT_EQ(world.done.size(), 2U);
  world.pass(3s);
  EXPECT_NEAR(world.memo_of("a").returned_bytes, ShedWorld::percent(8), 1);
  EXPECT_NEAR(world.memo_of("b").returned_bytes, ShedWorld::percent(4), 1);
}

TEST(ShedPhases, WhatDoesNotEndInTimeIsKilledOnce) {
  ShedWorld world;
  world.is_deaf = true;
  world.add("web", 20);
  world.set_usable(9);
  world.pass(11s);
  world.pass(19s);
  EXPECT_EQ(world.done, Texts{"stop web"});
  world.pass(1s);
  EXPECT_EQ(world.done, (Texts{"stop web", "kill web"}));
  EXPECT_EQ(world.choice.actions.front().reason, "it has not ended within 20.0 s");
  world.pass(5s);
  EXPECT_EQ(world.done.size(), 2U);
  EXPECT_EQ(world.phase("web"), ShedPhase::shed);
}

TEST(ShedPhases, WhatCannotBeKilledIsTold) {
  ShedWorld world;
  world.is_deaf = world.is_immortal = true;
  world.add("web", 20);
  world.set_usable(9);
  world.pass(36s);
  EXPECT_EQ(world.phase("web"), ShedPhase::refusing);
  EXPECT_TRUE(world.has_news("refused web"));
  EXPECT_EQ(world.choice.state, ShedState::stuck);
}

TEST(ShedPhases, WhatEndsLateAfterAllIsStillOurs) {
  ShedWorld world;
  world.is_deaf = world.is_immortal = true;
  world.add("web", 20);
  world.set_usable(9);
  world.pass(10min);
  world.stop("web");
  world.pass(1s);
  EXPECT_EQ(world.phase("web"), ShedPhase::shed);
  world.set_usable(60);
  world.pass(4min);
  EXPECT_EQ(world.done.back(), "start web");
}

TEST(ShedPhases, WhatRefusesIsLeftAloneForAnHour) {
  ShedWorld world;
  world.is_deaf = world.is_immortal = true;
  world.add("web", 20);
  world.set_usable(9);
  world.pass(35s);
  world.pass(59min);
  EXPECT_EQ(world.done, (Texts{"stop web", "kill web"}));
  world.pass(80s);
  EXPECT_EQ(world.done, (Texts{"stop web", "kill web", "stop web"}));
}

TEST(ShedPhases, WhatSomebodyStartsIsHisAgain) {
  auto world = shed();
  world.start("web");
  world.set_usable(50);
  world.pass(1s);
  EXPECT_EQ(world.phase("web"), ShedPhase::up);
  EXPECT_TRUE(world.has_news("released web"));
}

TEST(ShedPhases, AndIsLeftAloneForTenMinutesUnlessItIsCritical) {
  auto world = shed();
  world.start("web");
  world.pass(1s);
  world.set_usable(9);
  world.pass(9min);
  EXPECT_EQ(world.done.size(), 1U);
  EXPECT_EQ(world.standing("web").obstacle, ShedObstacle::wanted);
  world.pass(61s);
  EXPECT_EQ(world.done.size(), 2U);

  auto critical = shed();
  critical.start("web");
  critical.pass(1s);
  critical.set_usable(4);
  critical.pass(3s);
  EXPECT_EQ(critical.done.size(), 2U);
}

TEST(ShedPhases, WhatIsStartedAnewWhileItStopsIsHisAgain) {
  auto world = stopping();
  world.is_deaf = true;
  world.service("web").instance = "web by hand";
  world.pass(1s);
  EXPECT_EQ(world.phase("web"), ShedPhase::up);
  EXPECT_TRUE(world.has_news("released web"));
}

TEST(ShedPhases, WhatAnAdministratorHoldsIsNeverStarted) {
  auto world = shed();
  world.service("web").held_by = Owner::admin;
  world.set_usable(60);
  world.pass(2h);
  EXPECT_EQ(world.phase("web"), ShedPhase::up);
  EXPECT_EQ(world.done, Texts{"stop web"});
  EXPECT_TRUE(world.has_news("released web"));
}

TEST(ShedPhases, WhatIsMaintainedWaitsAndComesBackAfterwards) {
  auto world = shed();
  world.service("web").held_by = Owner::maintenance;
  world.set_usable(60);
  world.pass(20min);
  EXPECT_EQ(world.phase("web"), ShedPhase::shed);
  EXPECT_EQ(world.standing("web").obstacle, ShedObstacle::held);
  world.service("web").held_by.reset();
  world.pass(1s);
  EXPECT_EQ(world.done.back(), "start web");
}

TEST(ShedPhases, WhatIsOnlyObservedFromNowOnIsNotStartedAndPeopleAreTold) {
  auto world = shed();
  world.service("web").mode = Mode::observe;
  world.set_usable(60);
  world.pass(1h);
  EXPECT_EQ(world.done, Texts{"stop web"});
  EXPECT_TRUE(world.has_news("forgotten web"));
}

TEST(ShedPhases, WhatNoConfigurationNamesAnyMoreIsTold) {
  auto world = shed();
  world.services.clear();
  world.look();
  EXPECT_TRUE(world.has_news("forgotten web"));
  EXPECT_TRUE(world.memo.services.empty());
}

TEST(ShedPhases, WhatIsNoLongerMarkedComesBackAllTheSame) {
  auto world = shed();
  world.service("web").priority.reset();
  world.set_usable(60);
  world.pass(4min);
  EXPECT_EQ(world.done.back(), "start web");
}

/// A world in which "web" has just been told to start.
ShedWorld starting() {
  auto world = shed();
  world.set_usable(60);
  world.pass_until_done(2);
  return world;
}

TEST(ShedPhases, GoFromStartingByWarmingToUp) {
  auto world = starting();
  EXPECT_EQ(world.phase("web"), ShedPhase::starting);
  EXPECT_EQ(world.choice.state, ShedState::restoring);
  world.pass(1s);
  EXPECT_EQ(world.phase("web"), ShedPhase::warming);
  world.pass(29s);
  EXPECT_EQ(world.phase("web"), ShedPhase::warming);
  world.pass(8s);
  EXPECT_EQ(world.phase("web"), ShedPhase::up) << "it has not grown for half a minute";
  EXPECT_TRUE(world.has_news("restored web"));
}

TEST(ShedPhases, WhatGrowsIsWarmAfterAMinute) {
  auto world = starting();
  for (int i = 0; i < 61; ++i) {
    EXPECT_NE(world.phase("web"), ShedPhase::up) << i;
    *world.service("web").anonymous_bytes *= 1.001;
    world.pass(1s);
  }
  EXPECT_EQ(world.phase("web"), ShedPhase::up);
}

TEST(ShedPhases, WhatIsNotReadyIsStillStarting) {
  auto world = starting();
  world.service("web").is_ready = false;
  world.pass(20s);
  EXPECT_EQ(world.phase("web"), ShedPhase::starting);
  world.service("web").is_ready = true;
  world.pass(1s);
  EXPECT_EQ(world.phase("web"), ShedPhase::warming);
}

TEST(ShedPhases, WhatDoesNotComeUpInTimeIsLeftToTheRestartPolicy) {
  auto world = starting();
  world.stop("web");
  world.pass(29s);
  EXPECT_EQ(world.phase("web"), ShedPhase::starting);
  world.pass(1s);
  EXPECT_EQ(world.phase("web"), ShedPhase::up);
  EXPECT_TRUE(world.has_news("failed web"));
  EXPECT_EQ(world.memo_of("web").backoffs, 0U);
}

TEST(ShedPhases, AStartThatIsKnownToHaveFailedIsLeftToTheRestartPolicyAtOnce) {
  auto world = starting();
  world.memo = note_shed_start_failed(world.memo, "web");
  EXPECT_EQ(world.phase("web"), ShedPhase::up);
}

TEST(ShedPhases, WhatDiesWhileItGrowsHasDiedAsAnyOther) {
  auto world = starting();
  world.pass(2s);
  world.stop("web");
  world.pass(1s);
  EXPECT_EQ(world.phase("web"), ShedPhase::up);
}

TEST(ShedPhases, AServiceThatCannotBeSeenIsLeftAsItIs) {
  auto world = shed();
  world.set_usable(60);
  world.service("web").presence = ShedPresence::unknown;
  world.pass(10min);
  EXPECT_EQ(world.phase("web"), ShedPhase::shed);
  EXPECT_EQ(world.done, Texts{"stop web"});
}

TEST(ShedPhases, RememberTheLongestOfTheLastEightStops) {
  ShedServiceMemo memo;
  EXPECT_EQ(stop_time(memo), 5s) << "before it is known";
  memo.stop_times = {1s, 9s, 2s};
  EXPECT_EQ(stop_time(memo), 9s);
}

TEST(ShedPhases, APeakFadesWithinADay) {
  ShedServiceMemo memo;
  memo.peak = {ShedWorld::noon, 1000};
  EXPECT_EQ(faded_peak(memo, ShedWorld::noon), 1000);
  EXPECT_NEAR(faded_peak(memo, ShedWorld::noon + 6h), 750, 1);
  EXPECT_EQ(faded_peak(memo, ShedWorld::noon + 24h), 0);
  EXPECT_EQ(faded_peak(memo, ShedWorld::noon + 48h), 0);
}

}  // namespace
}  // namespace systemcheck::test
