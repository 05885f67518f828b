#include "offline/replay.h"

#include <gtest/gtest.h>

#include "offline/replay_text.h"
#include "support/plant.h"
#include "support/recorded_history.h"

namespace systemcheck::test {
namespace {

using namespace std::chrono_literals;

/// A machine that is recorded, and whose history is then decided upon again.
class Replaying : public testing::Test {
 protected:
  Replaying() {
    plant.world.ledger = ledger;
    plant.world.boot_id = "boot";
  }

  Replayed again(const Config& config, ReplayWishes wishes = {}) {
    wishes.now = plant.loop.wall_now();
    const auto history = recorded_in(*ledger);
    EXPECT_EQ(history.damaged, 0U);
    auto replayed = replay(config, history, wishes);
    EXPECT_TRUE(replayed) << (replayed ? "" : replayed.error().message);
    return replayed ? *std::move(replayed) : Replayed{};
  }
  Replayed again() { return again(plant.config); }

  void kill_and_wait(std::size_t index, Duration duration) {
    plant.kill(index);
    plant.run_for(duration);
  }
  static std::vector<ReplayLine> different(const Replayed& replayed) {
    std::vector<ReplayLine> lines;
    std::ranges::copy_if(replayed.lines, std::back_inserter(lines), &ReplayLine::is_different);
    return lines;
  }
  static std::size_t withheld(const ReplayCount& count, Suppressed why) {
    return count.withheld.at(static_cast<std::size_t>(why));
  }

  Plant plant{};
  std::shared_ptr<FakeLedger> ledger = std::make_shared<FakeLedger>(plant.loop);
};

TEST_F(Replaying, WithTheSameConfigurationAllIsDecidedAsThen) {
  const auto web = plant.add_unit_service("web.service", Mode::act);
  const auto mail = plant.add_command_service("mail", Mode::act);
  plant.start();
  for (int i = 0; i < 5; ++i) {
    kill_and_wait(web, 3s);
    kill_and_wait(mail, 20s);
  }
  const auto replayed = again();
  EXPECT_EQ(replayed.differences, 0U) << replay_text(replayed, true);
  EXPECT_GE(replayed.then.restarts, 5U);
  EXPECT_EQ(replayed.now.restarts, replayed.then.restarts);
  EXPECT_EQ(replayed.now.withheld, replayed.then.withheld);
  EXPECT_EQ(replayed.now.longest_down, replayed.then.longest_down) << replay_text(replayed, false);
  EXPECT_EQ(replayed.taken, 0U);
}

TEST_F(Replaying, ALongerPauseKeepsItDownLonger) {
  const auto mail = plant.add_command_service("mail", Mode::act);
  plant.start();
  kill_and_wait(mail, 30s);
  kill_and_wait(mail, 30s);
  kill_and_wait(mail, 10min);
  auto other = plant.config;
  other.restart_policy.backoff = 1min;
  const auto replayed = again(other);
  EXPECT_GT(replayed.differences, 0U);
  EXPECT_GT(withheld(replayed.now, Suppressed::backoff), withheld(replayed.then, Suppressed::backoff));
  EXPECT_GT(replayed.now.longest_down, 25s);
  EXPECT_LT(replayed.now.longest_down, 40s);
  EXPECT_LT(replayed.then.longest_down, 5s);
  EXPECT_GT(replayed.taken, 0U);
}

TEST_F(Replaying, WhatIsOnlyObservedIsRestartedByNobodyAndStaysDown) {
  const auto mail = plant.add_command_service("mail", Mode::act);
  plant.start();
  kill_and_wait(mail, 1h);
  auto other = plant.config;
  other.services[mail].mode = Mode::observe;
  const auto replayed = again(other);
  EXPECT_EQ(replayed.then.restarts, 1U);
  EXPECT_EQ(replayed.now.restarts, 0U);
  EXPECT_EQ(withheld(replayed.now, Suppressed::observe), 1U);
  EXPECT_GT(replayed.now.longest_down, 10min) << "nobody has brought it back";
  EXPECT_LT(replayed.then.longest_down, 1s);
}

TEST_F(Replaying, WhatWasOnlyObservedIsTakenToComeUpAtOnce) {
  const auto web = plant.add_unit_service("web.service", Mode::observe);
  plant.start();
  kill_and_wait(web, 1h);
  plant.units.start_by_admin("web.service");
  plant.run_for(10min);
  auto other = plant.config;
  other.services[web].mode = Mode::act;
  const auto replayed = again(other);
  EXPECT_EQ(replayed.then.restarts, 0U);
  EXPECT_EQ(replayed.now.restarts, 1U);
  EXPECT_GT(replayed.then.longest_down, 59min);
  EXPECT_LT(replayed.now.longest_down, 5s);
  EXPECT_NE(replay_text(replayed, false).find("no order of it is recorded: taken to come up at once"),
            std::string::npos);
}

TEST_F(Replaying, WhatFailedThenFailsNowUntilTheMomentInWhichItSucceeded) {
  const auto mail = plant.add_command_service("mail", Mode::act);
  plant.config.restart_policy.host_limit.restarts = 1000;
  plant.start();
  plant.actuator().service(mail).answer = Outcome::Kind::failed;
  kill_and_wait(mail, 10min);
  plant.actuator().service(mail).answer = Outcome::Kind::succeeded;
  plant.run_for(1h);
  auto other = plant.config;
  other.restart_policy.backoff_max = 10s;
  const auto replayed = again(other);
  EXPECT_GT(replayed.now.restarts, 2 * replayed.then.restarts) << "tried more often";
  EXPECT_GT(replayed.now.longest_down, 5min) << "and in vain, while the next one that was recorded failed";
  EXPECT_LT(replayed.now.longest_down, replayed.then.longest_down);
}

TEST_F(Replaying, TheLimitOfTheMachineIsThatOfTheOtherConfiguration) {
  std::vector<std::size_t> all;
  for (const auto* name : {"a", "b", "c", "d", "e", "f"})
    all.push_back(plant.add_command_service(name, Mode::act));
  plant.config.restart_policy.host_limit = {.restarts = 100, .per = 5min, .share = 1.0};
  plant.start();
  for (const auto index : all)
    kill_and_wait(index, 40s);
  plant.run_for(20min);
  plant.restart_daemon();
  auto other = plant.config;
  other.restart_policy.host_limit = {.restarts = 2, .per = 5min, .share = 1.0};
  const auto replayed = again(other);
  EXPECT_EQ(withheld(replayed.then, Suppressed::host_limit), 0U);
  EXPECT_GT(withheld(replayed.now, Suppressed::host_limit), 0U);
  EXPECT_EQ(replayed.now.restarts, replayed.then.restarts) << "later, but all of them";
}

TEST_F(Replaying, AServiceWaitsForThoseThatItComesAfterNow) {
  const auto log = plant.add_command_service("log", Mode::act);
  const auto web = plant.add_command_service("web", Mode::act);
  plant.start();
  plant.actuator().service(log).comes_up_after = 20s;
  plant.kill(log);
  plant.run_for(2s);
  kill_and_wait(web, 5min);
  auto other = plant.config;
  other.services[web].after = {"log"};
  const auto replayed = again(other);
  EXPECT_EQ(withheld(replayed.then, Suppressed::dependency), 0U);
  EXPECT_EQ(withheld(replayed.now, Suppressed::dependency), 1U);
}

TEST_F(Replaying, FlappingIsCountedByTheOtherConfiguration) {
  const auto mail = plant.add_command_service("mail", Mode::act);
  plant.start();
  for (int i = 0; i < 5; ++i)
    kill_and_wait(mail, 11min);
  auto other = plant.config;
  other.restart_policy.flapping = {.deaths = 3, .per = 2h};
  const auto replayed = again(other);
  EXPECT_EQ(again().differences, 0U);
  EXPECT_GT(replayed.differences, 0U);
  const auto text = replay_text(replayed, true);
  EXPECT_NE(text.find("flapping"), std::string::npos) << text;
}

TEST_F(Replaying, AnotherDaemonGoesOnWithWhatTheFirstOneRemembered) {
  const auto mail = plant.add_command_service("mail", Mode::act);
  plant.start();
  plant.actuator().service(mail).answer = Outcome::Kind::failed;
  kill_and_wait(mail, 90s);
  plant.restart_daemon();
  plant.run_for(10min);
  const auto replayed = again();
  EXPECT_EQ(replayed.differences, 0U) << replay_text(replayed, true);
  EXPECT_GT(replayed.lines.back().any().attempt, 3U);
}

TEST_F(Replaying, TheLimitOfTheMachineCountsWhatAnEarlierDaemonHasDone) {
  std::vector<std::size_t> all;
  for (const auto* name : {"a", "b", "c", "d"})
    all.push_back(plant.add_command_service(name, Mode::act));
  plant.config.restart_policy.host_limit = {.restarts = 2, .per = 30min, .share = 1.0};
  plant.start();
  kill_and_wait(all[0], 40s);
  kill_and_wait(all[1], 40s);
  plant.restart_daemon();
  plant.run_for(40s);
  kill_and_wait(all[2], 1h);
  const auto replayed = again();
  EXPECT_EQ(withheld(replayed.then, Suppressed::host_limit), 1U);
  EXPECT_EQ(replayed.differences, 0U) << replay_text(replayed, true);
}

TEST_F(Replaying, TellsOnlyOfTheServicesAndTheTimeThatAreWanted) {
  const auto web = plant.add_command_service("web", Mode::act);
  const auto mail = plant.add_command_service("mail", Mode::act);
  plant.start();
  kill_and_wait(web, 2h);
  kill_and_wait(mail, 1h);
  auto other = plant.config;
  for (auto& service : other.services)
    service.mode = Mode::observe;
  EXPECT_EQ(again(other).then.restarts, 2U);
  EXPECT_EQ(again(other, {.services = {"web"}}).then.restarts, 1U);
  const auto since = plant.loop.wall_now() - 90min;
  const auto recent = again(other, {.since = since});
  EXPECT_EQ(recent.then.restarts, 1U);
  EXPECT_TRUE(std::ranges::all_of(recent.lines, [&](const auto& line) { return line.any().at >= since; }));
  const auto nobody = replay(other, recorded_in(*ledger), {.services = {"nobody"}});
  ASSERT_FALSE(nobody);
  EXPECT_NE(nobody.error().message.find("nobody"), std::string::npos);
}

TEST_F(Replaying, AServiceThatIsNotConfiguredIsNamed) {
  const auto web = plant.add_command_service("web", Mode::act);
  plant.start();
  kill_and_wait(web, 1h);
  const auto replayed = again(Config{});
  EXPECT_TRUE(replayed.not_configured.contains("web"));
  EXPECT_GT(replayed.differences, 0U);
  EXPECT_NE(replay_text(replayed, false).find("web is not in this configuration"), std::string::npos);
}

TEST_F(Replaying, WhatWouldComeAfterTheEndOfTheRecordIsNoDifference) {
  const auto mail = plant.add_command_service("mail", Mode::act);
  plant.start();
  plant.actuator().service(mail).answer = Outcome::Kind::failed;
  kill_and_wait(mail, 100s);
  const auto history = recorded_in(*ledger);
  const auto replayed = replay(plant.config, history, {.now = plant.loop.wall_now() + 1h});
  ASSERT_TRUE(replayed);
  EXPECT_EQ(replayed->differences, 0U) << replay_text(*replayed, true);
  EXPECT_TRUE(replayed->lines.back().now->is_after_end);
  EXPECT_EQ(replayed->now.restarts, replayed->then.restarts);
}

TEST_F(Replaying, AHistoryWhoseBeginningIsForgottenIsReplayedFromThere) {
  const auto mail = plant.add_command_service("mail", Mode::act);
  plant.start();
  kill_and_wait(mail, 1h);
  kill_and_wait(mail, 1h);
  auto history = recorded_in(*ledger);
  const auto second = std::ranges::find_if(history.moments, [](const Recorded& it) {
    return it.situation() != nullptr && it.situation()->decision.state == ServiceState::suspect;
  });
  ASSERT_NE(second, history.moments.end());
  history.moments.erase(history.moments.begin(), second);
  const auto replayed = replay(plant.config, history, {.now = plant.loop.wall_now()});
  ASSERT_TRUE(replayed);
  EXPECT_EQ(replayed->differences, 0U) << replay_text(*replayed, true);
  EXPECT_EQ(replayed->now.restarts, 2U);
}

TEST_F(Replaying, AnEmptyHistoryIsEqual) {
  const auto replayed = replay(Config{}, {}, {});
  ASSERT_TRUE(replayed);
  EXPECT_EQ(replayed->differences, 0U);
  EXPECT_EQ(replay_text(*replayed, false), "No situations are recorded.\n");
}

TEST_F(Replaying, SaysWhatItRestsOn) {
  const auto mail = plant.add_command_service("mail", Mode::act);
  plant.start();
  kill_and_wait(mail, 30s);
  kill_and_wait(mail, 10min);
  plant.restart_daemon();
  auto other = plant.config;
  other.restart_policy.backoff = 2min;
  const auto text = replay_text(again(other), true);
  EXPECT_NE(text.find("What is seen is as it was recorded"), std::string::npos) << text;
  EXPECT_NE(text.find("taken to end as that of "), std::string::npos) << text;
  EXPECT_NE(text.find("what comes of it is taken from the next one of its service"), std::string::npos)
      << text;
  EXPECT_NE(replay_text(again(), false).find("All is decided as it was then."), std::string::npos);
}

}  // namespace
}  // namespace systemcheck::test
