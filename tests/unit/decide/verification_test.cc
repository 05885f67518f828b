#include "decide/verification.h"

#include <gtest/gtest.h>

#include "support/restart_sight.h"

namespace systemcheck::test {
namespace {

using namespace std::chrono_literals;

constexpr Instant noon{std::chrono::hours{12}};
constexpr ProcessIdentity starter{.pid = 100, .start_ticks = 1};
constexpr ProcessIdentity server{.pid = 101, .start_ticks = 2};

/// A service without a unit whose start was done at noon.
class StartedAtNoon : public testing::Test {
 protected:
  StartedAtNoon() {
    service_.name = "billing";
    service_.mode = Mode::act;
    service_.start = {"/opt/billing/start"};
    memo_.was_up = true;
    memo_.gone_since = noon - 1s;
    memo_ = note_outcome(note_attempt(memo_, noon - 100ms), service_, policy_, {true, 0, noon});
  }

  static RestartSituation alive(const ProcessIdentity& main, Instant at) {
    auto situation = sight(Presence::present, at);
    situation.main = main;
    return situation;
  }
  RestartChoice see(const RestartSituation& situation) { return see(situation, situation.sight_at); }
  RestartChoice see(const RestartSituation& situation, Instant now) {
    auto choice = decide_restart(service_, policy_, memo_, situation, now);
    memo_ = choice.memo;
    return choice;
  }

  Service service_{};
  RestartPolicy policy_{};
  RestartMemo memo_{};
};

TEST_F(StartedAtNoon, IsUpOnlyWhenASecondSightSeesTheSameProcess) {
  const auto first = see(alive(server, noon + 200ms));
  EXPECT_EQ(first.state, ServiceState::restarting);
  EXPECT_TRUE(first.is_alive);
  EXPECT_TRUE(first.has_come_up);
  EXPECT_EQ(first.step, RestartStep::look_again);
  EXPECT_EQ(first.wake_at, noon + 200ms + stays_up_for) << "no sight in between is of any use";
  const auto early = see(alive(server, noon + 600ms));
  EXPECT_EQ(early.state, ServiceState::restarting);
  EXPECT_FALSE(early.has_come_up) << "told already";
  const auto second = see(alive(server, noon + 200ms + stays_up_for));
  EXPECT_EQ(second.state, ServiceState::up);
  EXPECT_EQ(second.memo.up_since, noon + 200ms) << "it was up when it was first seen so";
}

TEST_F(StartedAtNoon, HasFailedWhereItIsGoneAtTheSecondSight) {
  see(alive(server, noon + 200ms));
  const auto choice = see(sight(Presence::gone, noon + 600ms));
  EXPECT_TRUE(choice.attempt_failed);
  EXPECT_EQ(choice.state, ServiceState::waiting);
  EXPECT_EQ(choice.reason, "it came up and ended after 400 ms; as the test says");
  EXPECT_EQ(choice.newly_suppressed, Suppressed::backoff);
  EXPECT_EQ(choice.wake_at, noon + 600ms + policy_.backoff);
  see(sight(Presence::gone, noon + 5s));
  EXPECT_EQ(see(sight(Presence::gone, noon + 5500ms)).state, ServiceState::waiting) << "the pause lasts";
}

TEST_F(StartedAtNoon, FlapsWhereItEndsSoAgainAndAgain) {
  policy_.flapping = {.deaths = 1, .per = 1h};
  see(alive(server, noon + 200ms));
  EXPECT_TRUE(see(sight(Presence::gone, noon + 600ms)).memo.is_flapping);
}

TEST_F(StartedAtNoon, WaitsForASightWhenAProcessHasJustEndedForItMayHaveBeenTheStarter) {
  see(alive(starter, noon + 200ms));
  auto ended = alive(starter, noon + 200ms);
  ended.evidence.main_died = true;
  ended.main.reset();
  EXPECT_EQ(see(ended, noon + 300ms).state, ServiceState::restarting);
  const auto other = see(alive(server, noon + 310ms));
  EXPECT_EQ(other.state, ServiceState::restarting);
  EXPECT_TRUE(other.has_come_up);
  EXPECT_EQ(see(alive(server, noon + 1250ms)).state, ServiceState::restarting) << "it has its own second";
  EXPECT_EQ(see(alive(server, noon + 1310ms)).state, ServiceState::up);
}

TEST_F(StartedAtNoon, HasFailedAtOnceWhenTheKernelTellsOfACrash) {
  see(alive(server, noon + 200ms));
  auto crashed = alive(server, noon + 200ms);
  crashed.evidence.main_died = true;
  crashed.evidence.end = MainEnd{.end = {.signal = 11}};
  const auto choice = see(crashed, noon + 500ms);
  EXPECT_TRUE(choice.attempt_failed);
  EXPECT_TRUE(choice.reason.starts_with("it came up and ended after 300 ms; ")) << choice.reason;
}

TEST_F(StartedAtNoon, IsUnknownAndHasNotFailedWhereNoSecondSightCanBeHad) {
  see(alive(server, noon + 200ms));
  auto now = noon + 1s;
  for (; now < noon + 40s; now += 1s) {
    const auto choice = see(sight(Presence::unknown, now));
    EXPECT_FALSE(choice.attempt_failed);
    if (choice.state != ServiceState::restarting) break;
  }
  EXPECT_EQ(see(sight(Presence::unknown, now)).state, ServiceState::unknown);
  EXPECT_LT(now, noon + 35s) << "it is not waited for ever";
}

TEST_F(StartedAtNoon, FailsInTheEndWhereOneProcessFollowsTheOther) {
  std::optional<Duration> failed_after;
  for (int i = 1; i < 200 && !failed_after; ++i) {
    const auto now = noon + i * 500ms;
    const auto choice = see(alive({.pid = 1000 + i, .start_ticks = 1}, now));
    EXPECT_NE(choice.state, ServiceState::up);
    if (choice.attempt_failed) failed_after = now - noon;
  }
  ASSERT_TRUE(failed_after);
  EXPECT_LE(*failed_after, service_.start_timeout + stays_up_for + second_sight_patience);
}

TEST_F(StartedAtNoon, IsWatchedAsWellWhereNoMainProcessIsKnown) {
  EXPECT_EQ(see(sight(Presence::present, noon + 200ms)).state, ServiceState::restarting);
  EXPECT_EQ(see(sight(Presence::present, noon + 1200ms)).state, ServiceState::up);
}

TEST_F(StartedAtNoon, IsNotUpWhileItsProbesFailAgain) {
  see(alive(server, noon + 200ms));
  auto refused = alive(server, noon + 1300ms);
  refused.health = {Health::Kind::fails, "refused"};
  EXPECT_EQ(see(refused).state, ServiceState::restarting);
  EXPECT_EQ(see(alive(server, noon + 1400ms)).state, ServiceState::up);
}

TEST_F(StartedAtNoon, IsNotProvenByWhatAStrangerOnItsPortAnswers) {
  const auto without_port = [](Duration after) {
    auto situation = alive(server, noon + after);
    situation.port_stranger = PortStranger{.port = 8080, .pid = 200, .name = "squatter"};
    return situation;
  };
  const auto words = std::string("port 8080 is held by squatter (200), which is not part of it");
  for (Duration after = 200ms; after < service_.start_timeout - 100ms; after += 1s) {
    const auto choice = see(without_port(after));
    EXPECT_EQ(choice.state, ServiceState::restarting);
    EXPECT_FALSE(choice.is_alive);
    EXPECT_EQ(choice.reason, "started; waiting until it is up; " + words);
  }
  const auto choice = see(without_port(service_.start_timeout));
  EXPECT_TRUE(choice.attempt_failed);
  EXPECT_EQ(choice.reason, "it was started and did not come up; " + words);
}

TEST_F(StartedAtNoon, IsDegradedAfterwardsWhileTheStrangerHasItsPort) {
  auto robbed = alive(server, noon + 1h);
  robbed.port_stranger = PortStranger{.port = 8080, .pid = 200, .name = "squatter"};
  EXPECT_TRUE(see(robbed).attempt_failed);
  EXPECT_TRUE(is_port_looked_for(memo_));
  const auto after = see(robbed, noon + 2h);
  EXPECT_EQ(after.state, ServiceState::degraded);
  EXPECT_TRUE(after.is_alive);
  EXPECT_EQ(after.reason, "port 8080 is held by squatter (200), which is not part of it");
  EXPECT_EQ(see(alive(server, noon + 3h)).state, ServiceState::up);
  EXPECT_FALSE(is_port_looked_for(memo_));
  EXPECT_EQ(see(robbed, noon + 4h).state, ServiceState::up)
      << "it had the port: that is for its probes to say";
}

TEST_F(StartedAtNoon, ForgetsTheStrangerWhenItIsGoneOrStartedAnew) {
  memo_.is_port_lost = true;
  EXPECT_FALSE(note_attempt(memo_, noon).is_port_lost);
  end_verification(memo_);
  see(sight(Presence::gone, noon + 1s));
  EXPECT_FALSE(is_port_looked_for(memo_));
}

TEST_F(StartedAtNoon, IsUpWhenItHasItsPortAfterAll) {
  auto early = alive(server, noon + 200ms);
  early.port_stranger = PortStranger{.port = 8080, .pid = 200, .name = "squatter"};
  EXPECT_EQ(see(early).state, ServiceState::restarting);
  see(alive(server, noon + 1s));
  EXPECT_EQ(see(alive(server, noon + 2s)).state, ServiceState::up);
}

TEST_F(StartedAtNoon, HasNotStayedUpWhereAStrangerTakesItsPort) {
  see(alive(server, noon + 200ms));
  auto robbed = alive(server, noon + service_.start_timeout + 5s);
  robbed.port_stranger = PortStranger{.port = 25, .pid = 7, .name = "x"};
  const auto choice = see(robbed);
  EXPECT_TRUE(choice.attempt_failed);
  EXPECT_EQ(choice.reason,
            "it came up and did not stay so; port 25 is held by x (7), which is not part of it");
}

TEST_F(StartedAtNoon, ThatHasEndedTellsOfItsEndAndNotOfItsPort) {
  see(alive(server, noon + 200ms));
  auto gone = sight(Presence::gone, noon + 600ms);
  gone.port_stranger = PortStranger{.port = 25, .pid = 7, .name = "x"};
  EXPECT_EQ(see(gone).reason, "it came up and ended after 400 ms; as the test says");
}

TEST_F(StartedAtNoon, IsLeftToWhoeverStopsItMeanwhile) {
  memo_.is_ordered = true;
  see(alive(server, noon + 200ms));
  auto stopped = sight(Presence::gone, noon + 500ms);
  stopped.evidence.manager = Manager::running;
  stopped.evidence.unit = UnitStatus{
      .load_state = "loaded", .active_state = "inactive", .result = "success", .stop_job_seen = true};
  const auto choice = see(stopped);
  EXPECT_EQ(choice.state, ServiceState::held);
  EXPECT_FALSE(choice.attempt_failed);
}

}  // namespace
}  // namespace systemcheck::test
