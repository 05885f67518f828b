#include <gtest/gtest.h>

#include <csignal>

#include "daemon/supervision.h"
#include "support/fake_host.h"
#include "support/plant.h"

namespace systemcheck::test {
namespace {

using namespace std::chrono_literals;

/// A plant on a machine whose kernel tells how processes end.
class SupervisionEnds : public testing::Test {
 protected:
  SupervisionEnds() {
    plant.world.ends = &plant.ends;
    billing = plant.add_command_service("billing", Mode::act);
  }
  [[nodiscard]] std::uint64_t deaths(DeathCause cause) const {
    return plant.row(billing).deaths_total.at(static_cast<std::size_t>(cause));
  }

  Plant plant{};
  std::size_t billing = 0;
};

TEST_F(SupervisionEnds, ACrashIsProvenAndActedUponAtOnce) {
  plant.start();
  plant.end(billing, {.signal = SIGSEGV});
  plant.run_for(5ms);
  EXPECT_EQ(plant.orders(), 1U);
  plant.run_for(2s);
  EXPECT_EQ(plant.row(billing).state, ServiceState::up);
  EXPECT_EQ(deaths(DeathCause::signal), 1U);
  EXPECT_EQ(deaths(DeathCause::unknown), 0U);
}

TEST_F(SupervisionEnds, ACrashIsSaidInWords) {
  plant.start();
  plant.end(billing, {.exit_code = 3});
  plant.run_for(1s);
  const auto& lines = plant.journal.lines;
  ASSERT_GE(lines.size(), 4U);
  EXPECT_EQ(lines[1], "billing: process 50001 has ended: exit status 3");
  EXPECT_EQ(lines[2], "billing: down: its main process ended with exit status 3");
  EXPECT_EQ(lines[3], "billing: restarting it, attempt 1: its main process ended with exit status 3");
  EXPECT_EQ(deaths(DeathCause::exit), 1U);
}

TEST_F(SupervisionEnds, WhatEndsCleanlyIsLeftAloneForAMoment) {
  plant.start();
  plant.end(billing, {});
  plant.run_for(19s);
  EXPECT_EQ(plant.orders(), 0U);
  EXPECT_EQ(plant.row(billing).state, ServiceState::suspect);
  plant.run_for(2s);
  EXPECT_EQ(plant.orders(), 1U);
  EXPECT_EQ(deaths(DeathCause::exit), 1U);
}

TEST_F(SupervisionEnds, WhatEndsCleanlyAndIsStartedAgainBySomebodyIsNotTouched) {
  plant.start();
  plant.end(billing, {.signal = SIGTERM});
  plant.run_for(5s);
  plant.processes[billing] = ProcessIdentity{.pid = 7, .start_ticks = 7};
  plant.run_for(1h);
  EXPECT_EQ(plant.orders(), 0U);
  EXPECT_EQ(plant.row(billing).state, ServiceState::up);
}

TEST_F(SupervisionEnds, WhatItEndsItselfIsNoDeathAndGetsNoGrace) {
  plant.config.restart_policy.backoff = 1s;
  plant.config.services[billing].rules = {{.kind = ResourceRule::Kind::processes_above,
                                           .limit = 0,
                                           .failed = 1,
                                           .of = 1,
                                           .action = RuleAction::restart}};
  plant.start();
  // The old one ends as it is asked to, and the new one does not start.
  plant.on_order = [&](const Order&) {
    plant.ends.tell(*plant.processes[billing], {});
    plant.loop.end_process(*std::exchange(plant.processes[billing], std::nullopt));
    plant.on_order = {};
  };
  plant.actuator().service(billing).answer = Outcome::Kind::failed;
  plant.supervision.close_cycle(1s);
  plant.run_for(500ms);
  ASSERT_EQ(plant.orders(), 1U);
  EXPECT_EQ(deaths(DeathCause::exit) + deaths(DeathCause::unknown), 0U);
  plant.run_for(1s);
  EXPECT_EQ(plant.orders(), 2U) << plant.row(billing).reason;
}

TEST_F(SupervisionEnds, AStarterThatEndsWhenItHasSeenTheDaemonStartIsNoDeath) {
  plant.start();
  plant.actuator().service(billing).command_takes = plant.config.cycle * 3 / 2;
  plant.end(billing, {.signal = SIGSEGV});
  plant.run_for(1s);
  const ProcessIdentity starter{.pid = 60'000, .start_ticks = 60'000};
  plant.processes[billing] = starter;
  plant.run_for(plant.config.cycle);
  ASSERT_TRUE(plant.loop.is_watching(starter));
  plant.ends.tell(starter, {});
  plant.processes[billing].reset();
  plant.loop.end_process(starter);
  plant.run_for(plant.config.cycle);
  EXPECT_EQ(plant.row(billing).state, ServiceState::up);
  EXPECT_EQ(deaths(DeathCause::signal), 1U);
  EXPECT_EQ(deaths(DeathCause::exit), 0U);
}

TEST_F(SupervisionEnds, AStarterThatWasGoneWhenItWasSeenHasNotEndedAsTheOneBefore) {
  plant.start();
  plant.actuator().service(billing).comes_up_after = 1s;
  plant.actuator().service(billing).is_up = false;
  plant.loop.end_process(*std::exchange(plant.processes[billing], std::nullopt),
                         ProcessEnd{.signal = SIGKILL});
  plant.run_for(100ms);
  ASSERT_EQ(plant.orders(), 1U);
  const ProcessIdentity starter{.pid = 60'000, .start_ticks = 60'000};
  plant.loop.end_process(starter);
  plant.processes[billing] = starter;
  plant.run_for(500ms);
  plant.processes[billing].reset();
  plant.run_for(5s);
  EXPECT_EQ(plant.row(billing).state, ServiceState::up);
  EXPECT_EQ(deaths(DeathCause::signal), 1U);
  EXPECT_EQ(plant.orders(), 1U);
}

TEST_F(SupervisionEnds, WithoutAWordOneMoreLookIsTaken) {
  plant.start();
  plant.ends.fall_silent();
  plant.end(billing, {});
  plant.run_for(5ms);
  EXPECT_EQ(plant.orders(), 1U);
  EXPECT_EQ(deaths(DeathCause::unknown), 1U);
}

TEST_F(SupervisionEnds, ThePidfdIsAskedFirst) {
  plant.start();
  plant.ends.fall_silent();
  plant.actuator().service(billing).is_up = false;
  plant.loop.end_process(*std::exchange(plant.processes[billing], std::nullopt), ProcessEnd{.exit_code = 4});
  plant.run_for(1s);
  EXPECT_TRUE(plant.journal.says("process 50001 has ended: exit status 4"));
  EXPECT_EQ(deaths(DeathCause::exit), 1U);
}

TEST_F(SupervisionEnds, AnEndIsOfOneDeathOnly) {
  plant.start();
  plant.end(billing, {.signal = SIGSEGV});
  plant.run_for(10min);
  ASSERT_EQ(plant.row(billing).state, ServiceState::up);
  EXPECT_TRUE(plant.ends.is_following(*plant.processes[billing])) << "the new one";
  plant.kill(billing);  // Not told of.
  plant.run_for(1s);
  EXPECT_EQ(deaths(DeathCause::signal), 1U);
  EXPECT_EQ(deaths(DeathCause::unknown), 1U);
}

TEST_F(SupervisionEnds, AnAttemptThatDiesAgainHasFailedAtOnce) {
  plant.start();
  plant.end(billing, {.signal = SIGSEGV});
  plant.run_for(2500us);
  ASSERT_EQ(plant.row(billing).state, ServiceState::restarting);
  plant.actuator().service(billing).never_comes_up = true;
  plant.run_for(2s);
  EXPECT_EQ(plant.row(billing).restart_failures_total, 0U)
      << "how the old one ended says nothing of the one that is being started";
}

TEST_F(SupervisionEnds, AHintHasTheProcessesLookedAt) {
  plant.loop.has_pidfds = false;
  plant.start();
  plant.processes[billing].reset();  // Gone, and no pidfd tells of it.
  plant.run_for(5s);
  EXPECT_EQ(plant.row(billing).state, ServiceState::up);
  plant.ends.lose();
  plant.run_for(10ms);
  EXPECT_NE(plant.row(billing).state, ServiceState::up);
}

TEST_F(SupervisionEnds, AnEndIsAskedForWhereOnlyALookFindsTheDeath) {
  plant.loop.has_pidfds = false;
  plant.start();
  plant.ends.tell(*plant.processes[billing], {.signal = SIGABRT});
  plant.processes[billing].reset();
  plant.run_for(10ms);
  EXPECT_EQ(plant.orders(), 1U);
  EXPECT_EQ(plant.row(billing).reason, "its main process ended with signal 6 (SIGABRT)");
}

TEST_F(SupervisionEnds, ALookThatFindsItEndingWaitsForHowItEnds) {
  plant.start();
  const auto main = *plant.processes[billing];
  plant.processes[billing].reset();  // Its program is gone already, and it is not yet.
  plant.ends.lose();                 // Somebody has it looked at.
  plant.run_for(20ms);
  EXPECT_EQ(plant.orders(), 0U);
  plant.ends.tell(main, {.signal = SIGABRT});
  plant.loop.end_process(main);
  plant.run_for(10ms);
  EXPECT_EQ(plant.orders(), 1U);
  EXPECT_EQ(plant.row(billing).reason, "its main process ended with signal 6 (SIGABRT)");
}

TEST_F(SupervisionEnds, WhatRunsAnotherProgramIsNotWaitedForForEver) {
  plant.start();
  plant.processes[billing].reset();
  plant.ends.lose();
  plant.run_for(400ms);
  EXPECT_EQ(plant.orders(), 0U);
  plant.run_for(30s);
  EXPECT_EQ(plant.orders(), 1U);
}

TEST_F(SupervisionEnds, OfAUnitSystemdDecidesAndTheKernelAddsTheCause) {
  const auto apache = plant.add_unit_service("apache2.service", Mode::act);
  plant.start();
  plant.end(apache, {.exit_code = 1});
  plant.run_for(5ms);
  EXPECT_EQ(plant.orders(), 1U);
  EXPECT_EQ(plant.row(apache).deaths_total.at(static_cast<std::size_t>(DeathCause::exit)), 1U);
}

TEST_F(SupervisionEnds, ACrashIsToldToTheNextLookOnce) {
  plant.start();
  const auto main = *plant.processes[billing];
  plant.end(billing, {.signal = SIGKILL});
  plant.run_for(1ms);
  const auto crashes = plant.supervision.take_crashes();
  ASSERT_EQ(crashes.size(), 1U);
  EXPECT_EQ(crashes[0].service, billing);
  EXPECT_EQ(crashes[0].main, main);
  EXPECT_TRUE(plant.supervision.take_crashes().empty());
}

TEST_F(SupervisionEnds, ACleanEndIsNoCrash) {
  plant.start();
  plant.end(billing, {});
  plant.run_for(1ms);
  EXPECT_TRUE(plant.supervision.take_crashes().empty()) << "it may have been the starter of another one";
}

TEST_F(SupervisionEnds, AServiceThatIsNoLongerConfiguredIsNoLongerFollowed) {
  plant.start();
  const auto main = *plant.processes[billing];
  ASSERT_TRUE(plant.ends.is_following(main));
  plant.supervision.take_over(std::make_shared<const Config>());
  EXPECT_FALSE(plant.ends.is_following(main));
}

TEST_F(SupervisionEnds, ARereadConfigurationLosesNothing) {
  plant.start();
  plant.supervision.take_over(std::make_shared<const Config>(plant.config));
  plant.run_for(1s);
  plant.end(billing, {.signal = SIGSEGV});
  plant.run_for(1s);
  EXPECT_EQ(deaths(DeathCause::signal), 1U);
}

TEST_F(SupervisionEnds, AKillWhileTheKernelCountsOneForWantOfMemoryWasProbablyThat) {
  FakeHost machine;
  plant.world.own_host = &machine;
  plant.start();
  plant.supervision.note_oom_kills(1);
  machine.write("/proc/vmstat", "oom_kill 2\n");
  plant.end(billing, {.signal = SIGKILL});
  plant.run_for(1ms);
  EXPECT_EQ(plant.row(billing).reason,
            "its main process ended with signal 9 (SIGKILL), probably for want of memory");
  plant.run_for(1s);
  EXPECT_EQ(deaths(DeathCause::oom), 1U);

  plant.run_for(10min);
  plant.end(billing, {.signal = SIGKILL});
  plant.run_for(1s);
  EXPECT_EQ(deaths(DeathCause::signal), 1U) << "no other one was counted since";
}

TEST_F(SupervisionEnds, OtherSignalsAreNeverForWantOfMemory) {
  FakeHost machine;
  plant.world.own_host = &machine;
  plant.start();
  plant.supervision.note_oom_kills(1);
  machine.write("/proc/vmstat", "oom_kill 2\n");
  plant.end(billing, {.signal = SIGSEGV});
  plant.run_for(1s);
  EXPECT_EQ(deaths(DeathCause::signal), 1U);
}

TEST(DeathCauseOfAUnit, IsForWantOfMemoryWhereSystemdSaysSo) {
  Plant plant;
  const auto apache = plant.add_unit_service("apache2.service", Mode::act);
  plant.start();
  plant.loop.end_process(plant.units.process("apache2.service"));
  plant.processes[apache].reset();
  plant.units.change("apache2.service", [](UnitStatus& status) {
    status.main_pid = 0;
    status.active_state = "failed";
    status.sub_state = "failed";
    status.result = "oom-kill";
  });
  plant.run_for(1s);
  EXPECT_EQ(plant.row(apache).deaths_total.at(static_cast<std::size_t>(DeathCause::oom)), 1U);
}

}  // namespace
}  // namespace systemcheck::test
