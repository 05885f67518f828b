#include "decide/shed_memory.h"

#include <gtest/gtest.h>

#include "support/shed_world.h"

namespace systemcheck::test {
namespace {

using namespace std::chrono_literals;

constexpr Instant now{24h};

ShedServiceMemo off() {
  ShedServiceMemo memo;
  memo.name = "web";
  memo.phase = ShedPhase::shed;
  memo.since = now - 10min;
  memo.cause = ShedCause::swap;
  memo.instance = "abcd";
  memo.triggers = {"web.socket", "web.timer"};
  memo.was_enabled = false;
  memo.predicted_bytes = 123456;
  memo.down_since = now - 9min;
  memo.alarmed_at = now - 1min;
  memo.peak = {now - 1h, 234567};
  memo.settled_bytes = 99999;
  memo.settled_instance = "0123";
  memo.stop_times = {1500ms, 3s};
  memo.sheds = {now - 40min, now - 10min};
  memo.started_at = now - 20min;
  memo.backoffs = 2;
  memo.next_start = now + 5min;
  memo.ineffective_until = now + 50min;
  memo.refused_until = now + 51min;
  memo.wanted_until = now + 52min;
  return memo;
}

std::optional<ShedServiceMemo> recalled(std::string_view text, std::string_view boot_id = "boot") {
  return recalled_shed_memory(text, boot_id, "web", now).memo;
}

TEST(ShedMemory, ReadsBackWhatWasWritten) {
  const auto memo = recalled(shed_memory_text(off(), "boot"));
  ASSERT_TRUE(memo);
  EXPECT_TRUE(is_same_memory(*memo, off()));
  EXPECT_EQ(memo->name, "web");
  EXPECT_EQ(memo->cause, ShedCause::swap);
  EXPECT_EQ(memo->predicted_bytes, 123456);
  EXPECT_EQ(memo->peak, off().peak);
  EXPECT_EQ(memo->settled_bytes, 99999);
  EXPECT_EQ(memo->settled_instance, "0123");
  EXPECT_FALSE(memo->was_enabled);
  EXPECT_FALSE(memo->is_recalled);
}

TEST(ShedMemory, NothingToRememberIsAnEmptyText) {
  EXPECT_EQ(shed_memory_text({}, "boot"), "{}");
  EXPECT_FALSE(recalled("{}"));
}

TEST(ShedMemory, ARehearsalIsNotKept) {
  auto memo = off();
  memo.is_rehearsed = true;
  EXPECT_EQ(shed_memory_text(memo, "boot"), "{}");
}

TEST(ShedMemory, FitsTheStoreHoweverMuchThereIs) {
  auto memo = off();
  memo.triggers.assign(8, std::string(255, 't'));
  memo.instance = std::string(255, 'i');
  memo.stop_times.assign(8, 1h);
  memo.sheds.assign(60, now);
  EXPECT_LT(shed_memory_text(memo, std::string(36, 'b')).size(), std::size_t{16} << 10);
}

struct Resumed {
  ShedPhase was;
  ShedPhase is;
  bool is_uncertain;
};

TEST(ShedMemory, ResumesEachPhase) {
  for (const auto& it :
       {Resumed{ShedPhase::up, ShedPhase::up, false}, Resumed{ShedPhase::stopping, ShedPhase::stopping, true},
        Resumed{ShedPhase::refusing, ShedPhase::refusing, true},
        Resumed{ShedPhase::settling, ShedPhase::shed, false},
        Resumed{ShedPhase::shed, ShedPhase::shed, false},
        Resumed{ShedPhase::starting, ShedPhase::starting, true},
        Resumed{ShedPhase::warming, ShedPhase::up, false}}) {
    auto memo = off();
    memo.phase = it.was;
    const auto again = recalled(shed_memory_text(memo, "boot"));
    ASSERT_TRUE(again) << word(it.was);
    EXPECT_EQ(again->phase, it.is) << word(it.was);
    EXPECT_EQ(again->is_recalled, it.is_uncertain) << word(it.was);
  }
}

TEST(ShedMemory, OfAnotherBootMeansNothing) {
  EXPECT_FALSE(recalled(shed_memory_text(off(), "boot"), "another"));
}

TEST(ShedMemory, OfAnotherBootTellsWhatTheBootDoesNotStart) {
  const auto is_left_off = [](const ShedServiceMemo& memo) {
    return recalled_shed_memory(shed_memory_text(memo, "boot"), "another", "web", now).is_left_off;
  };
  auto memo = off();
  EXPECT_TRUE(is_left_off(memo));
  memo.was_enabled = true;
  EXPECT_FALSE(is_left_off(memo));
  memo.was_enabled = false;
  memo.phase = ShedPhase::up;
  EXPECT_FALSE(is_left_off(memo));
}

TEST(ShedMemory, RefusesHostileTexts) {
  const std::string head = R"({"schema": 1, "boot_id": "boot", )";
  for (const std::string& text :
       {std::string{}, std::string("null"), std::string("[]"), std::string("{"), std::string(5000, '['),
        std::string("\xff\xfe"), std::string(R"({"schema": 2, "boot_id": "boot", "phase": "shed"})"),
        head + R"("phase": "gone", "since": 1, "backoffs": 0})",
        head + R"("phase": 4, "since": 1, "backoffs": 0})",
        head + R"("phase": "shed", "since": -1, "backoffs": 0})",
        head + R"("phase": "shed", "since": 18446744073709551615, "backoffs": 0})",
        head + R"("phase": "shed", "since": 1e3, "backoffs": 0})",
        head + R"("phase": "shed", "since": 1, "backoffs": 100000})",
        head + R"("phase": "shed", "since": 1})"}) {
    EXPECT_FALSE(recalled(text)) << text.substr(0, 80);
  }
}

TEST(ShedMemory, WhatIsStrangeInItIsLeftOut) {
  const auto memo = recalled(
      R"({"schema": 1, "boot_id": "boot", "phase": "stopping", "since": 5, "backoffs": 1, "cause": "rage",)"
      R"( "instance": 7, "triggers": ["", 5, "a.socket"], "predicted": -1, "peak": {"at": 5, "bytes": 1e300},)"
      R"( "settled": 9, "stop_times": [-1, "x", 99999999999], "sheds": [9e9, 99999999999999, 7],)"
      R"( "next_start": 999999999999, "deadline": "soon"})");
  ASSERT_TRUE(memo);
  EXPECT_EQ(memo->cause, ShedCause::low);
  EXPECT_EQ(memo->instance, "");
  EXPECT_EQ(memo->triggers, std::vector<std::string>{"a.socket"});
  EXPECT_EQ(memo->predicted_bytes, 0);
  EXPECT_EQ(memo->peak.bytes, 0);
  EXPECT_TRUE(memo->stop_times.empty());
  EXPECT_EQ(memo->sheds.size(), 1U);
  EXPECT_FALSE(memo->next_start);
  EXPECT_EQ(memo->deadline, now) << "a stop without a deadline is over now";
}

TEST(ShedMemory, TogetherKnowWhenTheLastStartWas) {
  auto early = off();
  early.name = "a";
  early.started_at = now - 1h;
  const auto memo = recalled_shed_memo({off(), early});
  EXPECT_EQ(memo.last_start, now - 20min);
  EXPECT_EQ(memo.services.front().name, "a");
}

/// The daemon ends, and another one goes on with what was written down.
void end_daemon(ShedWorld& world) {
  std::vector<ShedServiceMemo> services;
  for (const auto& it : world.memo.services) {
    if (auto recall = recalled_shed_memory(shed_memory_text(it, "boot"), "boot", it.name, world.now);
        recall.memo)
      services.push_back(*recall.memo);
  }
  world.memo = recalled_shed_memo(std::move(services));
}

TEST(ShedMemory, AStopThatWasNotBegunIsForgotten) {
  ShedWorld world;
  world.is_deaf = true;
  world.add("web", 20);
  world.set_usable(9);
  world.pass(11s);
  end_daemon(world);
  world.set_usable(50);
  world.pass(1min);
  EXPECT_EQ(world.phase("web"), ShedPhase::up);
  EXPECT_EQ(world.done.size(), 1U) << "nothing is killed";
}

TEST(ShedMemory, AStopThatWasBegunIsFollowedToItsEnd) {
  ShedWorld world;
  world.add("web", 20);
  world.set_usable(9);
  world.pass(11s);
  end_daemon(world);
  world.pass(5s);
  EXPECT_EQ(world.phase("web"), ShedPhase::shed);
  world.set_usable(60);
  world.pass(5min);
  EXPECT_EQ(world.done.back(), "start web");
}

TEST(ShedMemory, AStopThatHangsIsKilledAlsoByTheNextDaemon) {
  ShedWorld world;
  world.is_deaf = true;
  world.add("web", 20);
  world.set_usable(9);
  world.pass(11s);
  world.service("web").presence = ShedPresence::stopping;
  end_daemon(world);
  world.pass(30s);
  EXPECT_EQ(world.done, (std::vector<std::string>{"stop web", "kill web"}));
}

/// A world in which "web" was to stop, nobody knows whether it was told to, and it cannot be read since.
ShedWorld unseen() {
  ShedWorld world;
  world.is_deaf = true;
  world.add("web", 20);
  world.set_usable(9);
  world.pass(11s);
  end_daemon(world);
  world.service("web").presence = ShedPresence::unknown;
  world.pass(30s);
  EXPECT_EQ(world.done, std::vector<std::string>{"stop web"}) << "nothing is killed";
  return world;
}

TEST(ShedMemory, WhatWasPerhapsNotToldToStopAndIsSeenUpLaterIsLeftAlone) {
  auto world = unseen();
  world.set_usable(50);
  world.service("web").presence = ShedPresence::up;
  world.pass(10s);
  EXPECT_EQ(world.phase("web"), ShedPhase::up);
  EXPECT_EQ(world.done.size(), 1U);
}

TEST(ShedMemory, WhatWasPerhapsToldToStopAndIsSeenDownLaterIsOff) {
  auto world = unseen();
  world.stop("web");
  world.pass(1s);
  EXPECT_EQ(world.phase("web"), ShedPhase::shed);
  world.set_usable(60);
  world.pass(5min);
  EXPECT_EQ(world.done.back(), "start web");
}

TEST(ShedMemory, AStartThatWasNotBegunIsMadeUpFor) {
  ShedWorld world;
  world.add("web", 20);
  world.set_usable(9);
  world.pass(1min);
  world.set_usable(60);
  world.pass_until_done(2);
  world.stop("web");  // The daemon ended before it gave the order.
  end_daemon(world);
  world.pass(5min);
  EXPECT_EQ(world.done, (std::vector<std::string>{"stop web", "start web", "start web"}));
}

TEST(ShedMemory, AStartThatWasBegunIsFollowedToItsEnd) {
  ShedWorld world;
  world.add("web", 20);
  world.set_usable(9);
  world.pass(1min);
  world.set_usable(60);
  world.pass_until_done(2);
  end_daemon(world);
  world.pass(1s);
  EXPECT_EQ(world.phase("web"), ShedPhase::warming);
  EXPECT_EQ(world.done.size(), 2U);
}

TEST(ShedMemory, WhatSomebodyStartedMeanwhileIsHis) {
  ShedWorld world;
  world.add("web", 20);
  world.set_usable(9);
  world.pass(1min);
  end_daemon(world);
  world.start("web");
  world.pass(1s);
  EXPECT_EQ(world.phase("web"), ShedPhase::up);
  EXPECT_TRUE(world.has_news("released web"));
}

}  // namespace
}  // namespace systemcheck::test
