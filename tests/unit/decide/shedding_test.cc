#include "decide/shedding.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "support/shed_world.h"

namespace systemcheck::test {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using Texts = std::vector<std::string>;

struct Fault {
  const char* why;
  void (*change)(MemorySight&);
};

constexpr double no_number = std::numeric_limits<double>::quiet_NaN();
constexpr double endless = std::numeric_limits<double>::infinity();

const Fault faults[] = {
    {"more is usable than there is", [](MemorySight& it) { it.usable_bytes = it.total_bytes + 1; }},
    {"more is usable than there is", [](MemorySight& it) { it.usable_bytes += 35e9; }},
    {"no memory at all", [](MemorySight& it) { it.total_bytes = 0; }},
    {"less than nothing is usable", [](MemorySight& it) { it.usable_bytes = -1; }},
    {"a figure that is none", [](MemorySight& it) { it.usable_bytes = no_number; }},
    {"a figure that is none", [](MemorySight& it) { it.total_bytes = endless; }},
    {"a figure that is none", [](MemorySight& it) { it.anonymous_bytes = no_number; }},
    {"a figure that is none", [](MemorySight& it) { it.swap_free_bytes = no_number; }},
    {"a figure that is none", [](MemorySight& it) { it.swap_total_bytes = no_number; }},
    {"a figure that is none", [](MemorySight& it) { it.waiting_seconds = no_number; }},
    {"the last reading is 2.1 s old", [](MemorySight& it) { it.taken -= 2100ms; }},
    {"a reading from the future", [](MemorySight& it) { it.taken += 1s; }},
};

TEST(Shedding, DoesNothingByAReadingThatCannotBeTrue) {
  for (const auto& it : faults) {
    ShedWorld world;
    world.add("web", 20);
    world.set_usable(4);
    for (int i = 0; i < 60; ++i) {
      world.now += 1s;
      auto sight = world.sight();
      it.change(sight);
      world.look(sight);
      EXPECT_EQ(world.choice.state, ShedState::blind) << it.why;
      EXPECT_EQ(world.choice.blindness, it.why);
      EXPECT_EQ(world.standing("web").obstacle, ShedObstacle::blind);
    }
    EXPECT_EQ(world.done, Texts{}) << it.why;
    EXPECT_EQ(world.news, Texts{"blind"}) << it.why << ": said once, after ten seconds";
  }
}

TEST(Shedding, TakesAReadingOfTwoSecondsAgo) {
  ShedWorld world;
  auto sight = world.sight();
  sight.taken -= 2s;
  world.look(sight);
  EXPECT_EQ(world.choice.blindness, "");
}

TEST(Shedding, DoesNothingWithoutAReading) {
  ShedWorld world;
  world.add("web", 20);
  for (int i = 0; i < 9; ++i) {
    world.now += 1s;
    world.look(Error{Error::Kind::denied, "/proc/meminfo: permission denied"});
  }
  EXPECT_EQ(world.choice.state, ShedState::blind);
  EXPECT_EQ(world.news, Texts{});
  EXPECT_EQ(shed_words(world.choice), "nothing is decided: /proc/meminfo: permission denied");
}

TEST(Shedding, IsBlindWhenReadingsGoBackInTime) {
  ShedWorld world;
  world.pass(10s);
  auto sight = world.sight();
  sight.taken -= 1s;
  world.look(sight);
  EXPECT_EQ(world.choice.blindness, "a reading older than the last");
}

TEST(Shedding, DoesNotKillWhileItIsBlind) {
  ShedWorld world;
  world.is_deaf = true;
  world.add("web", 20);
  world.set_usable(9);
  world.pass(11s);
  for (int i = 0; i < 60; ++i) {
    world.now += 1s;
    world.look(Error{Error::Kind::denied, "no"});
  }
  EXPECT_EQ(world.done, Texts{"stop web"});
  world.pass(1s);
  EXPECT_EQ(world.done, (Texts{"stop web", "kill web"}));
}

TEST(Shedding, IsAtEaseWithoutServices) {
  ShedWorld world;
  world.set_usable(50);
  world.pass(1min);
  EXPECT_EQ(world.choice.state, ShedState::normal);
  EXPECT_EQ(world.news, Texts{});
  EXPECT_EQ(shed_words(world.choice), "500.0 MiB of memory are usable, 0 services are off");
}

TEST(Shedding, DoesNothingWhereItIsDisabled) {
  ShedWorld world;
  world.rules.mode = Mode::disabled;
  world.add("web", 20);
  world.set_usable(2);
  world.pass(10min);
  EXPECT_EQ(world.done, Texts{});
  EXPECT_EQ(world.choice.shortage, Shortage::critical) << "people may still know";
}

TEST(Shedding, LooksAgainTheSoonerTheLessThereIs) {
  ShedWorld world;
  world.rules.below = {0.10};
  world.set_usable(90);
  EXPECT_EQ(world.look().look_again, 133333333ns) << "800 MiB at 6000 MiB a second";
  world.set_usable(12);
  EXPECT_EQ(world.pass(1s).look_again, 100ms);
}

TEST(Shedding, LooksEachTwoSecondsWhereThereIsPlenty) {
  ShedWorld world;
  auto sight = world.sight();
  sight.total_bytes *= 100;
  sight.usable_bytes = sight.total_bytes;
  EXPECT_EQ(world.look(sight).look_again, 2s);
}

TEST(Shedding, LooksOftenWhileAServiceStops) {
  ShedWorld world;
  world.add("web", 40);
  world.set_usable(9);
  world.pass(11s);
  EXPECT_EQ(world.choice.look_again, 100ms);
}

TEST(Shedding, TellsOfAnEpisodeOnceWhenItBeginsAndEnds) {
  ShedWorld world;
  world.add("web", 30);
  world.set_usable(9);
  world.pass(5min);
  EXPECT_EQ(world.news, (Texts{"began", "freed web", "ended"}));
}

/// Observed: nothing is touched, and what would have been stopped counts as freed.
TEST(ShedRehearsal, TouchesNothingAndReadsAsIfItWereDone) {
  ShedWorld world;
  world.rules.mode = Mode::observe;
  world.add("web", 20);
  world.set_usable(9);
  world.pass(11s);
  ASSERT_EQ(world.done, Texts{"stop web"});
  EXPECT_TRUE(world.choice.actions.front().is_rehearsed);
  world.pass(5s);
  EXPECT_EQ(world.phase("web"), ShedPhase::settling) << "after the five seconds that a stop is taken to take";
  EXPECT_EQ(world.choice.usable_bytes, ShedWorld::percent(29));
  world.pass(2s);
  EXPECT_EQ(world.phase("web"), ShedPhase::shed);
  world.pass(10min);
  EXPECT_EQ(world.done, Texts{"stop web"}) << "25 % more would be needed, and 15 % left";
  world.others -= 12;
  world.pass(3min);
  EXPECT_EQ(world.done, (Texts{"stop web", "start web"}));
  world.pass(2min);
  EXPECT_EQ(world.phase("web"), ShedPhase::up);
  EXPECT_EQ(world.choice.usable_bytes, ShedWorld::percent(21));
  EXPECT_EQ(world.service("web").presence, ShedPresence::up);
  EXPECT_EQ(world.service("web").instance, "web 1");
}

TEST(ShedRehearsal, ClaimsNothing) {
  ShedWorld world;
  world.rules.mode = Mode::observe;
  world.add("web", 20);
  world.set_usable(9);
  world.pass(1min);
  EXPECT_EQ(world.phase("web"), ShedPhase::shed);
  EXPECT_FALSE(is_shed(world.memo_of("web")));
}

TEST(ShedRehearsal, AlsoShowsServicesThatAreOnlyObserved) {
  ShedWorld world;
  world.rules.mode = Mode::observe;
  world.add("web", 20).mode = Mode::observe;
  world.set_usable(9);
  world.pass(12s);
  EXPECT_EQ(world.done, Texts{"stop web"});
}

TEST(ShedRehearsal, SaysOfItsNewsThatTheyAreNone) {
  ShedWorld world;
  world.rules.mode = Mode::observe;
  world.add("web", 20);
  world.set_usable(9);
  int rehearsed = 0;
  for (int i = 0; i < 60; ++i) {
    world.pass(1s);
    for (const auto& it : world.choice.news)
      rehearsed += !it.service.empty() && it.is_rehearsed ? 1 : 0;
  }
  EXPECT_EQ(rehearsed, 1);
}

TEST(ShedRehearsal, EndsWhereItBecomesSerious) {
  ShedWorld world;
  world.rules.mode = Mode::observe;
  world.add("web", 20);
  world.set_usable(9);
  world.pass(1min);
  ASSERT_EQ(world.phase("web"), ShedPhase::shed);
  world.rules.mode = Mode::act;
  world.pass(12s);
  EXPECT_EQ(world.done, (Texts{"stop web", "stop web"}));
  EXPECT_FALSE(world.choice.actions.empty() ? world.memo_of("web").is_rehearsed
                                            : world.choice.actions.front().is_rehearsed);
}

TEST(ShedRehearsal, OfAServiceThatDiesMeanwhileFreesNothingTwice) {
  ShedWorld world;
  world.rules.mode = Mode::observe;
  world.add("web", 20);
  world.set_usable(9);
  world.pass(1min);
  world.stop("web");
  world.service("web").anonymous_bytes.reset();
  world.pass(1s);
  EXPECT_EQ(world.choice.usable_bytes, ShedWorld::percent(29));
}

TEST(ShedWords, SayWhatThereIs) {
  ShedWorld world;
  world.add("web", 20);
  world.set_usable(9);
  world.pass(11s);
  EXPECT_EQ(shed_words(world.choice),
            "90.0 MiB of memory are usable, 200.0 MiB more are on their way, 0 services are off");
  world.pass(1min);
  EXPECT_EQ(shed_words(world.choice), "290.0 MiB of memory are usable, 1 service is off");
}

TEST(ShedWords, OfAStandingSayForHowLong) {
  ShedWorld world;
  const ShedStanding standing{.phase = ShedPhase::shed,
                              .obstacle = ShedObstacle::backoff,
                              .until = world.now + 90s,
                              .bytes = ShedWorld::percent(10)};
  EXPECT_EQ(standing_words(standing, world.now),
            "off: it had to be turned off soon after the last start (needs 100.0 MiB), for 1 min 30 s yet");
  EXPECT_EQ(standing_words({.phase = ShedPhase::stopping}, world.now), "being stopped");
}

}  // namespace
}  // namespace systemcheck::test
