#include "daemon/supervision.h"

#include <gtest/gtest.h>

#include "support/plant.h"

namespace systemcheck::test {
namespace {

using namespace std::chrono_literals;

TEST(Supervision, RestartsAKilledServiceWithinMilliseconds) {
  Plant plant;
  const auto billing = plant.add_command_service("billing", Mode::act);
  plant.start();
  ASSERT_EQ(plant.row(billing).state, ServiceState::up);

  plant.kill(billing);
  plant.run_for(5ms);
  EXPECT_EQ(plant.orders(), 1U);
  EXPECT_EQ(plant.row(billing).state, ServiceState::restarting);

  plant.run_for(2s);
  EXPECT_EQ(plant.row(billing).state, ServiceState::up);
  EXPECT_EQ(plant.row(billing).restarts_total, 1U);
  EXPECT_EQ(plant.row(billing).restart_failures_total, 0U);
  EXPECT_EQ(plant.row(billing).deaths_total.at(static_cast<std::size_t>(DeathCause::unknown)), 1U);
}

TEST(Supervision, OneKilledServiceCostsTheOthersNothing) {
  Plant plant;
  const auto slow = plant.add_command_service("slow", Mode::act);
  const auto quick = plant.add_command_service("quick", Mode::act);
  plant.start();
  plant.actuator().service(slow).hangs = true;
  plant.kill(slow);
  plant.run_for(10ms);
  plant.kill(quick);
  plant.run_for(2s);
  EXPECT_EQ(plant.row(quick).state, ServiceState::up);
  EXPECT_EQ(plant.row(slow).state, ServiceState::restarting);
}

TEST(Supervision, TouchesNothingThatItOnlyObserves) {
  Plant plant;
  const auto billing = plant.add_command_service("billing", Mode::observe);
  const auto apache = plant.add_unit_service("apache2.service", Mode::observe);
  plant.start();
  plant.kill(billing);
  plant.kill(apache);
  plant.run_for(1h);
  EXPECT_EQ(plant.orders(), 0U);
  EXPECT_EQ(plant.row(billing).state, ServiceState::down);
  EXPECT_EQ(plant.row(apache).state, ServiceState::down);
  EXPECT_EQ(plant.row(apache).suppressed_total.at(static_cast<std::size_t>(Suppressed::observe)), 1U);
}

TEST(Supervision, ActsOnNothingWhileItCannotRead) {
  Plant plant;
  const auto billing = plant.add_command_service("billing", Mode::act);
  plant.start();
  plant.is_readable = false;
  plant.kill(billing);
  plant.run_for(1h);
  EXPECT_EQ(plant.orders(), 0U);
  EXPECT_EQ(plant.row(billing).state, ServiceState::unknown);
}

TEST(Supervision, RestartsAUnitThatFailed) {
  Plant plant;
  const auto apache = plant.add_unit_service("apache2.service", Mode::act);
  plant.start();
  ASSERT_EQ(plant.row(apache).state, ServiceState::up);
  plant.kill(apache);
  plant.run_for(5ms);
  ASSERT_EQ(plant.orders(), 1U);
  EXPECT_EQ(plant.actuator().orders[0].verb, Verb::restart);
  EXPECT_EQ(plant.row(apache).deaths_total.at(static_cast<std::size_t>(DeathCause::signal)), 1U);
}

TEST(Supervision, CountsWhatWasKilledForWantOfMemoryAsThat) {
  Plant plant;
  const auto apache = plant.add_unit_service("apache2.service", Mode::act);
  plant.start();
  plant.loop.end_process(plant.units.process("apache2.service"));
  plant.units.change("apache2.service", [](UnitStatus& status) {
    status.main_pid = 0;
    status.active_state = "failed";
    status.result = "oom-kill";
  });
  plant.run_for(5ms);
  EXPECT_EQ(plant.row(apache).deaths_total.at(static_cast<std::size_t>(DeathCause::oom)), 1U);
  EXPECT_EQ(plant.orders(), 1U);
}

TEST(Supervision, LeavesAloneWhatAnAdministratorStoppedUntilHeStartsIt) {
  Plant plant;
  const auto apache = plant.add_unit_service("apache2.service", Mode::act);
  plant.start();
  plant.units.stop_by_admin("apache2.service");
  plant.run_for(24h);
  EXPECT_EQ(plant.orders(), 0U);
  EXPECT_EQ(plant.row(apache).state, ServiceState::held);
  EXPECT_EQ(plant.row(apache).owner, Owner::admin);

  plant.units.start_by_admin("apache2.service");
  plant.run_for(1s);
  EXPECT_EQ(plant.row(apache).state, ServiceState::up);
  plant.kill(apache);
  plant.run_for(1s);
  EXPECT_EQ(plant.orders(), 1U);
}

TEST(Supervision, WaitsWhileSystemdRestartsItItself) {
  Plant plant;
  const auto apache = plant.add_unit_service("apache2.service", Mode::act);
  plant.start();
  plant.loop.end_process(plant.units.process("apache2.service"));
  plant.units.change("apache2.service", [](UnitStatus& status) {
    status.main_pid = 0;
    status.active_state = "activating";
    status.sub_state = "auto-restart";
    status.result = "signal";
  });
  plant.run_for(10s);
  EXPECT_EQ(plant.orders(), 0U);
  EXPECT_EQ(plant.row(apache).state, ServiceState::held);
  EXPECT_EQ(plant.row(apache).owner, Owner::systemd);
  plant.units.start_by_admin("apache2.service");
  plant.run_for(1s);
  EXPECT_EQ(plant.row(apache).state, ServiceState::up);
}

TEST(Supervision, DoesNotJudgeAUnitWhileSystemdCannotBeHeard) {
  Plant plant;
  const auto apache = plant.add_unit_service("apache2.service", Mode::act);
  plant.start();
  plant.units.lose_bus();
  plant.run_for(1s);
  EXPECT_EQ(plant.row(apache).state, ServiceState::up);
  plant.kill(apache);
  plant.run_for(1h);
  EXPECT_EQ(plant.orders(), 0U);
  EXPECT_EQ(plant.row(apache).state, ServiceState::unknown);
  plant.units.find_bus();
  plant.run_for(1s);
  EXPECT_EQ(plant.orders(), 1U) << "now it says that it failed";
}

TEST(Supervision, RestartsNothingWhileTheMachineGoesDown) {
  Plant plant;
  const auto apache = plant.add_unit_service("apache2.service", Mode::act);
  plant.start();
  plant.units.manager_becomes(Manager::stopping);
  plant.run_for(1ms);
  plant.kill(apache);
  plant.run_for(1h);
  EXPECT_EQ(plant.orders(), 0U);
  EXPECT_EQ(plant.row(apache).owner, Owner::shutdown);
}

TEST(Supervision, CountsACommandThatFailsAndTriesAgainLater) {
  Plant plant;
  const auto billing = plant.add_command_service("billing", Mode::act);
  plant.start();
  plant.actuator().service(billing).answer = Outcome::Kind::failed;
  plant.actuator().service(billing).exit_code = 7;
  plant.kill(billing);
  plant.run_for(1s);
  EXPECT_EQ(plant.row(billing).restart_failures_total, 1U);
  EXPECT_EQ(plant.row(billing).last_exit, 7);
  EXPECT_EQ(plant.row(billing).state, ServiceState::waiting);
  EXPECT_GT(plant.row(billing).backoff_remaining, 3s);

  plant.actuator().service(billing).answer = Outcome::Kind::succeeded;
  plant.run_for(10s);
  EXPECT_EQ(plant.orders(), 2U);
  EXPECT_EQ(plant.row(billing).state, ServiceState::up);
}

TEST(Supervision, CountsACommandThatLiesAsAFailure) {
  Plant plant;
  const auto billing = plant.add_command_service("billing", Mode::act);
  plant.start();
  plant.actuator().service(billing).never_comes_up = true;
  plant.kill(billing);
  plant.run_for(31s);
  EXPECT_EQ(plant.row(billing).restart_failures_total, 1U);
  EXPECT_EQ(plant.row(billing).state, ServiceState::waiting);
  plant.run_for(1h);
  EXPECT_GT(plant.orders(), 8U);
  EXPECT_TRUE(plant.row(billing).is_at_cap);
}

TEST(Supervision, CountsAStartAsAFailureWhereTheServiceEndsAgainAtOnce) {
  Plant plant;
  const auto billing = plant.add_command_service("billing", Mode::act);
  plant.start();
  plant.kill(billing);
  plant.run_for(500ms);
  ASSERT_EQ(plant.row(billing).state, ServiceState::restarting);
  EXPECT_EQ(plant.row(billing).reason, "it has come up; waiting whether it stays up");
  plant.kill(billing);
  plant.run_for(500ms);
  EXPECT_EQ(plant.row(billing).restart_failures_total, 1U);
  EXPECT_EQ(plant.orders(), 1U) << "its pause lasts";
  plant.run_for(10s);
  EXPECT_EQ(plant.orders(), 2U);
  EXPECT_EQ(plant.row(billing).state, ServiceState::up);
}

TEST(Supervision, CountsAStartAsAFailureWhereAStrangerHasThePort) {
  Plant plant;
  const auto index = plant.add_command_service("web", Mode::act);
  plant.config.services[index].start_timeout = 3s;
  plant.config.services[index].probes = {{.kind = ProbeKind::tcp, .target = "127.0.0.1:80"}};
  plant.start();
  plant.run_for(2min);
  EXPECT_TRUE(plant.supervision.port_questions().empty()) << "asked once while it is up";
  plant.port_strangers[index] = {.port = 80, .pid = 7, .name = "squatter"};
  plant.kill(index);
  plant.run_for(1s);
  EXPECT_EQ(plant.row(index).state, ServiceState::restarting);
  ASSERT_EQ(plant.supervision.port_questions().size(), 1U);
  EXPECT_EQ(plant.row(index).reason,
            "started; waiting until it is up; port 80 is held by squatter (7), which is not part of it");
  plant.run_for(3s);
  EXPECT_EQ(plant.row(index).restart_failures_total, 1U);
  plant.run_for(10min);
  EXPECT_EQ(plant.row(index).state, ServiceState::degraded) << "and is not told to be up";
  EXPECT_EQ(plant.row(index).reason, "port 80 is held by squatter (7), which is not part of it");
  EXPECT_EQ(plant.orders(), 1U) << "starting it again would not drive the stranger away";
  plant.port_strangers.clear();
  plant.run_for(1min);
  EXPECT_EQ(plant.row(index).state, ServiceState::up);
  EXPECT_TRUE(plant.supervision.port_questions().empty());
}

TEST(Supervision, TakesNobodyForAStrangerWhereTheServiceNeverHadThePort) {
  Plant plant;
  const auto index = plant.add_command_service("behind", Mode::act);
  plant.config.services[index].probes = {{.kind = ProbeKind::tcp, .target = "127.0.0.1:80"}};
  plant.port_strangers[index] = {.port = 80, .pid = 7, .name = "proxy"};
  plant.start();
  plant.run_for(2min);
  plant.kill(index);
  plant.run_for(10s);
  EXPECT_EQ(plant.row(index).state, ServiceState::up);
  EXPECT_EQ(plant.row(index).restart_failures_total, 0U);
}

TEST(Supervision, StartsWhatComesAfterAServiceAsSoonAsThatHasComeUp) {
  Plant plant;
  const auto log = plant.add_command_service("log", Mode::act);
  const auto web = plant.add_command_service("web", Mode::act);
  plant.config.services[web].after = {"log"};
  plant.config.restart_policy.host_limit.share = 1.0;
  plant.start();
  plant.kill(log);
  plant.kill(web);
  plant.run_for(500ms);
  EXPECT_EQ(plant.orders(), 2U) << "whether it stays up is not waited for";
  EXPECT_EQ(plant.row(log).state, ServiceState::restarting);
}

TEST(Supervision, KeepsCountersAndMemoryAcrossAReload) {
  Plant plant;
  const auto billing = plant.add_command_service("billing", Mode::act);
  plant.start();
  plant.kill(billing);
  plant.run_for(1s);
  plant.supervision.take_over(std::make_shared<const Config>(plant.config));
  plant.run_for(1s);
  EXPECT_EQ(plant.row(billing).restarts_total, 1U);
  EXPECT_EQ(plant.row(billing).state, ServiceState::up);
  plant.kill(billing);
  plant.run_for(10s);
  EXPECT_EQ(plant.row(billing).restarts_total, 2U);
}

TEST(Supervision, AReloadDelaysNothingThatWaits) {
  Plant plant;
  const auto billing = plant.add_command_service("billing", Mode::act);
  plant.start();
  plant.actuator().service(billing).answer = Outcome::Kind::failed;
  plant.kill(billing);
  plant.run_for(1s);
  ASSERT_EQ(plant.row(billing).state, ServiceState::waiting);
  plant.supervision.take_over(std::make_shared<const Config>(plant.config));
  plant.run_for(6s);
  EXPECT_EQ(plant.orders(), 1U) << "of the second actuator: when its pause was over, not with the next cycle";
}

TEST(Supervision, SaysWhatItDidAndWhy) {
  Plant plant;
  const auto billing = plant.add_command_service("billing", Mode::act);
  plant.start();
  plant.kill(billing);
  plant.run_for(2s);
  const auto& lines = plant.journal.lines;
  ASSERT_GE(lines.size(), 4U);
  EXPECT_EQ(lines[0], "billing: up: 1 process");
  EXPECT_EQ(lines[1], "billing: process 50001 has ended");
  EXPECT_EQ(lines[2], "billing: suspect: its main process has just ended");
  EXPECT_EQ(lines[3], "billing: restarting it, attempt 1: no process of it is running");
  EXPECT_TRUE(lines.back().starts_with("billing: up: 1 process; ")) << lines.back();
}

TEST(Supervision, LooksSeldomAtAServiceThatStaysDown) {
  Plant plant;
  const auto billing = plant.add_command_service("billing", Mode::observe);
  plant.start();
  plant.kill(billing);
  plant.run_for(1s);
  const auto lines = plant.journal.lines.size();
  plant.run_for(24h);
  EXPECT_EQ(plant.journal.lines.size(), lines);
}

TEST(Supervision, BringsBackFirstWhatOthersComeAfter) {
  Plant plant;
  const auto web = plant.add_command_service("web", Mode::act);
  const auto log = plant.add_command_service("log", Mode::act);
  plant.config.services[web].after = {"log"};
  plant.start();
  plant.kill(web);
  plant.kill(log);
  plant.run_for(100ms);
  ASSERT_EQ(plant.orders(), 1U);
  EXPECT_EQ(plant.actuator().orders[0].service, log);
  EXPECT_EQ(plant.row(web).state, ServiceState::waiting);
  EXPECT_TRUE(plant.row(web).reason.ends_with("; waits for log")) << plant.row(web).reason;
  plant.run_for(2s);
  EXPECT_EQ(plant.row(log).state, ServiceState::up);
  EXPECT_EQ(plant.row(web).state, ServiceState::up) << "without waiting for the next cycle";
}

TEST(Supervision, BringsBackFirstWhatOthersComeAfterAlsoWhenItBegins) {
  Plant plant;
  const auto web = plant.add_unit_service("web.service", Mode::act);
  const auto log = plant.add_unit_service("log.service", Mode::act);
  plant.config.services[web].after = {"log"};
  plant.units.crash("web.service");
  plant.units.crash("log.service");
  plant.start();
  plant.run_for(2s);
  ASSERT_EQ(plant.orders(), 2U);
  EXPECT_EQ(plant.actuator().orders[0].service, log) << "though systemd has told of the other one first";
  EXPECT_EQ(plant.row(web).state, ServiceState::up);
}

TEST(Supervision, DoesNotWaitForWhatIsNotOursToBringBack) {
  Plant plant;
  const auto web = plant.add_command_service("web", Mode::act);
  const auto log = plant.add_command_service("log", Mode::observe);
  plant.config.services[web].after = {"log"};
  plant.start();
  plant.kill(log);
  plant.kill(web);
  plant.run_for(2s);
  EXPECT_EQ(plant.row(web).state, ServiceState::up);
}

TEST(Supervision, StopsActingWhenMostServicesDieTogetherAndGoesOnWhenItIsOver) {
  Plant plant;
  plant.config.restart_policy.host_limit.restarts = 100;
  std::vector<std::size_t> all;
  for (int i = 0; i < 10; ++i)
    all.push_back(plant.add_command_service("s" + std::to_string(i), Mode::act));
  plant.start();
  for (const auto index : all)
    plant.kill(index);
  plant.run_for(20s);
  EXPECT_EQ(plant.orders(), 0U);
  EXPECT_EQ(plant.row(all[0]).suppressed_total.at(static_cast<std::size_t>(Suppressed::host_limit)), 1U);
  plant.run_for(15s);
  EXPECT_EQ(plant.orders(), 10U);
}

TEST(Supervision, SpreadsManyRestartsOverTime) {
  Plant plant;
  std::vector<std::size_t> all;
  for (int i = 0; i < 20; ++i)
    all.push_back(plant.add_command_service("s" + std::to_string(i), Mode::act));
  plant.start();
  for (std::size_t i = 0; i < 10; ++i)
    plant.kill(all[i]);
  plant.run_for(1min);
  EXPECT_EQ(plant.orders(), 6U);
  plant.run_for(5min);
  EXPECT_EQ(plant.orders(), 10U);
  for (const auto index : all)
    EXPECT_EQ(plant.row(index).state, ServiceState::up) << index;
}

TEST(Supervision, LeavesAServiceInMaintenanceAloneUntilItsEnd) {
  Plant plant;
  const auto billing = plant.add_command_service("billing", Mode::act);
  plant.start();
  const Claim maintenance{.owner = Owner::maintenance,
                          .reason = "new disks",
                          .since = plant.loop.now(),
                          .until = plant.loop.now() + 2h};
  ASSERT_TRUE(plant.supervision.claim("billing", maintenance));
  EXPECT_EQ(plant.row(billing).owner, Owner::maintenance);
  plant.kill(billing);
  plant.run_for(1h);
  EXPECT_EQ(plant.orders(), 0U);
  EXPECT_EQ(plant.row(billing).state, ServiceState::held);
  plant.run_for(1h + 2s);
  EXPECT_EQ(plant.row(billing).state, ServiceState::up);
  EXPECT_EQ(plant.row(billing).owner, Owner::systemcheck);
}

TEST(Supervision, ActsAtOnceWhenAClaimIsReleased) {
  Plant plant;
  const auto billing = plant.add_command_service("billing", Mode::act);
  plant.start();
  ASSERT_TRUE(plant.supervision.claim("billing", {.owner = Owner::admin, .since = plant.loop.now()}));
  plant.kill(billing);
  plant.run_for(1h);
  ASSERT_TRUE(plant.supervision.release("billing", Owner::admin));
  plant.run_for(2s);
  EXPECT_EQ(plant.row(billing).state, ServiceState::up);
  EXPECT_FALSE(plant.supervision.claim("nobody", {}));
}

TEST(Supervision, RestartsWhatUsesMoreThanItsRuleAllows) {
  Plant plant;
  const auto billing = plant.add_command_service("billing", Mode::act);
  plant.config.services[billing].restart = {"/opt/billing-restart"};
  plant.config.services[billing].rules = {{.kind = ResourceRule::Kind::processes_above,
                                           .limit = 0,
                                           .failed = 2,
                                           .of = 2,
                                           .action = RuleAction::restart}};
  plant.start();
  plant.supervision.close_cycle(60s);
  plant.run_for(60s);
  EXPECT_EQ(plant.orders(), 0U) << "once is not twice";
  plant.supervision.close_cycle(60s);
  plant.run_for(2s);
  ASSERT_EQ(plant.orders(), 1U);
  EXPECT_EQ(plant.actuator().orders[0].verb, Verb::restart);
  EXPECT_EQ(plant.row(billing).state, ServiceState::up) << plant.row(billing).reason;
}

TEST(Supervision, OnlyTellsOfALimitWhoseRuleSaysSo) {
  Plant plant;
  const auto billing = plant.add_command_service("billing", Mode::act);
  plant.config.services[billing].rules = {
      {.kind = ResourceRule::Kind::processes_above, .failed = 1, .of = 1}};
  plant.start();
  plant.supervision.close_cycle(60s);
  EXPECT_EQ(plant.row(billing).state, ServiceState::degraded);
  EXPECT_EQ(plant.row(billing).reason, "more than 0 processes in 1 of the last 1 cycles");
  EXPECT_EQ(plant.orders(), 0U);
}

}  // namespace
}  // namespace systemcheck::test
