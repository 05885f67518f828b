#include <gtest/gtest.h>

#include <cmath>

#include "decide/shed_scene.h"
#include "support/shed_world.h"

namespace systemcheck::test {
namespace {

using namespace std::chrono_literals;
using Texts = std::vector<std::string>;

/// Below the threshold until something is done, or for a minute.
std::string first_stopped(ShedWorld& world, double usable) {
  world.set_usable(usable);
  for (int i = 0; i < 60 && world.done.empty(); ++i)
    world.pass(1s);
  return world.done.empty() ? "" : world.done.front();
}

TEST(ShedOrder, TakesTheLowestPriorityFirst) {
  ShedWorld world;
  world.add("dear", 20, 30);
  world.add("cheap", 20, 10);
  world.add("middling", 20, 20);
  EXPECT_EQ(first_stopped(world, 9), "stop cheap");
}

TEST(ShedOrder, OfOnePriorityTakesTheSmallestThatIsEnough) {
  ShedWorld world;  // 9 % are usable, 15 are wanted.
  world.add("huge", 30);
  world.add("enough", 6.5);
  world.add("small", 5.9);
  world.add("larger", 7);
  EXPECT_EQ(first_stopped(world, 9), "stop enough");
}

TEST(ShedOrder, WhatIsJustEnoughIsEnough) {
  ShedWorld world;
  world.add("exact", 6);
  world.add("more", 7);
  EXPECT_EQ(first_stopped(world, 9), "stop exact");
}

TEST(ShedOrder, WhereNoneIsEnoughTakesTheLargest) {
  ShedWorld world;
  world.add("small", 2);
  world.add("large", 5);
  world.add("middle", 3);
  EXPECT_EQ(first_stopped(world, 9), "stop large");
}

TEST(ShedOrder, OfEqualsTakesTheOneThatWasSparedLongest) {
  ShedWorld world;
  world.add("a", 7);
  world.add("b", 7);
  EXPECT_EQ(first_stopped(world, 9), "stop a") << "by name, so that the order of the list does not matter";
  world.pass(30s);
  world.set_usable(50);
  world.pass(20min);  // It is back, and no longer the one that was started last.
  ASSERT_EQ(world.done, (Texts{"stop a", "start a"}));
  world.done.clear();
  EXPECT_EQ(first_stopped(world, 9), "stop b");
}

TEST(ShedOrder, DoesNotDependOnTheOrderOfTheList) {
  for (const bool is_reversed : {false, true}) {
    ShedWorld world;
    world.add("a", 7);
    world.add("b", 7);
    world.add("c", 3);
    if (is_reversed) {
      std::ranges::reverse(world.services);
      std::ranges::reverse(world.sizes);
    }
    EXPECT_EQ(first_stopped(world, 9), "stop a");
  }
}

TEST(ShedOrder, WhatCameBackLastGoesFirst) {
  ShedWorld world;
  world.add("cheap", 20, 10);
  world.add("dear", 20, 90);
  world.look();
  for (auto& it : world.memo.services) {
    if (it.name == "dear") it.started_at = world.now - 10min;
    if (it.name == "cheap") it.started_at = world.now - 14min;
  }
  EXPECT_EQ(first_stopped(world, 9), "stop dear");
}

TEST(ShedOrder, AQuarterOfAnHourAfterItsStartItIsAsAllOthers) {
  ShedWorld world;
  world.add("cheap", 20, 10);
  world.add("dear", 20, 90);
  world.look();
  for (auto& it : world.memo.services) {
    if (it.name == "dear") it.started_at = world.now - 15min;
  }
  EXPECT_EQ(first_stopped(world, 9), "stop cheap");
}

TEST(ShedOrder, WhatGaveLittleBackGoesLast) {
  ShedWorld world;
  world.add("useless", 20, 10);
  world.add("dear", 20, 90);
  world.look();
  for (auto& it : world.memo.services) {
    if (it.name == "useless") it.ineffective_until = world.now + 1h;
  }
  EXPECT_EQ(first_stopped(world, 9), "stop dear");
}

/// "eater" grows by so much within a minute, others by `others`; it goes first if it is the culprit.
std::string first_stopped_after_growth(double growth, double others, bool culprit_first = true) {
  ShedWorld world;
  world.rules.culprit_first = culprit_first;
  world.add("cheap", 20, 10);
  world.add("eater", 5, 90);
  world.set_usable(9.7 + growth + others);
  for (int i = 0; i < 40 && world.done.empty(); ++i) {
    world.service("eater").anonymous_bytes = ShedWorld::percent(5 + growth * i / 40);
    world.others += others / 40;
    world.pass(1s);
  }
  for (int i = 0; i < 20 && world.done.empty(); ++i)
    world.pass(1s);
  return world.done.empty() ? "" : world.done.front();
}

TEST(ShedOrder, WhatHasEatenMostOfTheMemoryGoesBeforeItsPriority) {
  EXPECT_EQ(first_stopped_after_growth(4, 2), "stop eater");
}

TEST(ShedOrder, HalfOfTheLossIsNotMost) { EXPECT_EQ(first_stopped_after_growth(2, 4), "stop cheap"); }

TEST(ShedOrder, ThatRuleCanBeSwitchedOff) {
  EXPECT_EQ(first_stopped_after_growth(4, 2, false), "stop cheap");
}

TEST(ShedOrder, InACriticalShortageThePriorityDecides) {
  ShedWorld world;
  world.add("cheap", 20, 10);
  world.add("eater", 5, 90);
  world.set_usable(20);
  world.pass(20s);
  world.service("eater").anonymous_bytes = ShedWorld::percent(21);
  world.pass(2s);
  ASSERT_EQ(world.choice.shortage, Shortage::critical);
  EXPECT_EQ(world.done.front(), "stop cheap");
}

struct Spared {
  const char* why;
  void (*change)(ShedCandidate&);
  ShedObstacle obstacle;
  bool is_spared_when_critical;
};

const Spared spared[] = {
    {"its configuration has no shed", [](ShedCandidate& it) { it.priority.reset(); }, ShedObstacle::unmarked,
     true},
    {"it is observed", [](ShedCandidate& it) { it.mode = Mode::observe; }, ShedObstacle::observed, true},
    {"it is not looked at", [](ShedCandidate& it) { it.mode = Mode::disabled; }, ShedObstacle::observed,
     true},
    {"it is the way in", [](ShedCandidate& it) { it.unit = "ssh.service"; }, ShedObstacle::protected_, true},
    {"it is the log", [](ShedCandidate& it) { it.unit = "rsyslog.service"; }, ShedObstacle::protected_, true},
    {"it is systemd's", [](ShedCandidate& it) { it.unit = "systemd-networkd.service"; },
     ShedObstacle::protected_, true},
    {"its unit is listed", [](ShedCandidate& it) { it.unit = "listed.service"; }, ShedObstacle::protected_,
     true},
    {"the daemon runs in it", [](ShedCandidate& it) { it.protection = "our parent"; },
     ShedObstacle::protected_, true},
    {"it is maintained", [](ShedCandidate& it) { it.held_by = Owner::maintenance; }, ShedObstacle::held,
     true},
    {"it is upgraded", [](ShedCandidate& it) { it.held_by = Owner::upgrade; }, ShedObstacle::held, true},
    {"it is down", [](ShedCandidate& it) { it.presence = ShedPresence::down; }, ShedObstacle::not_up, true},
    {"it is starting", [](ShedCandidate& it) { it.presence = ShedPresence::starting; }, ShedObstacle::not_up,
     true},
    {"it cannot be seen", [](ShedCandidate& it) { it.presence = ShedPresence::unknown; },
     ShedObstacle::not_up, true},
    {"its size is not known", [](ShedCandidate& it) { it.anonymous_bytes.reset(); }, ShedObstacle::unread,
     true},
    {"its size is no number", [](ShedCandidate& it) { it.anonymous_bytes = std::nan(""); },
     ShedObstacle::unread, true},
    {"its size is less than nothing", [](ShedCandidate& it) { it.anonymous_bytes = -1; },
     ShedObstacle::unread, true},
    {"it is larger than memory", [](ShedCandidate& it) { it.anonymous_bytes = ShedWorld::total_bytes + 1; },
     ShedObstacle::unread, true},
    {"it is too small to matter", [](ShedCandidate& it) { it.anonymous_bytes = ShedWorld::percent(0.99); },
     ShedObstacle::small, false},
    {"it has just been started", [](ShedCandidate& it) { it.up_since = ShedWorld::noon - 100s; },
     ShedObstacle::young, false},
};

TEST(ShedOrder, SparesThoseThatMayNotBeTurnedOffOrNotNow) {
  for (const auto& it : spared) {
    ShedWorld world;
    world.rules.protect = {"listed.service"};
    it.change(world.add("tempting", 20, 1));
    world.others = 0;
    world.set_usable(9);
    world.pass(12s);
    EXPECT_EQ(world.done, Texts{}) << it.why;
    EXPECT_EQ(world.standing("tempting").obstacle, it.obstacle) << it.why;
    EXPECT_TRUE(world.has_news("stuck")) << it.why;
  }
}

TEST(ShedOrder, InACriticalShortageAlsoTakesTheSmallAndTheYoung) {
  for (const auto& it : spared) {
    ShedWorld world;
    world.rules.protect = {"listed.service"};
    it.change(world.add("tempting", 20, 1));
    world.set_usable(4);
    world.pass(3s);
    EXPECT_EQ(world.done.empty(), it.is_spared_when_critical) << it.why;
  }
}

TEST(ShedOrder, WhatWasStartedTwoMinutesAgoIsYoungNoMore) {
  ShedWorld world;
  world.add("web", 20).up_since = ShedWorld::noon - 108s;
  EXPECT_EQ(first_stopped(world, 9), "stop web");
  EXPECT_EQ(world.done_at.front() - ShedWorld::noon, 12s);
}

TEST(ShedOrder, OnePercentIsWorthIt) {
  ShedWorld world;
  world.add("web", 1);
  EXPECT_EQ(first_stopped(world, 9), "stop web");
}

TEST(ShedOrder, WhatWasTurnedOffThreeTimesWithinAnHourIsSpared) {
  ShedWorld world;
  world.add("web", 20);
  world.look();
  world.memo.services.front().sheds = {world.now - 59min, world.now - 30min, world.now - 20min};
  world.set_usable(4);
  world.pass(30s);
  EXPECT_EQ(world.done, Texts{});
  EXPECT_EQ(world.standing("web").obstacle, ShedObstacle::too_often);
  world.pass(30s);
  EXPECT_EQ(world.done, Texts{"stop web"}) << "the first of them is more than an hour ago";
}

TEST(ShedOrder, EveryObstacleHasItsWords) {
  for (std::size_t i = 0; i < Words<ShedObstacle>::all.size(); ++i) {
    const ShedStanding standing{.phase = ShedPhase::up, .obstacle = static_cast<ShedObstacle>(i)};
    EXPECT_GT(standing_words(standing, ShedWorld::noon).size(), 20U) << i;
  }
}

}  // namespace
}  // namespace systemcheck::test
