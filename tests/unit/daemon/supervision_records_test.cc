#include <gtest/gtest.h>

#include "decide/restart_memory.h"
#include "support/fake_ledger.h"
#include "support/plant.h"

namespace systemcheck::test {
namespace {

using namespace std::chrono_literals;

/// A plant that writes down what it does.
struct Recorded : Plant {
  Recorded() {
    world.ledger = ledger;
    world.boot_id = "boot";
  }
  std::shared_ptr<FakeLedger> ledger = std::make_shared<FakeLedger>(loop);
};

TEST(SupervisionRecords, WriteTheIntentionThenTheEndThenTheVerdict) {
  Recorded plant;
  const auto billing = plant.add_command_service("billing", Mode::act);
  plant.start();
  plant.kill(billing);
  plant.run_for(2s);
  const auto intentions = plant.ledger->all<Intention>();
  ASSERT_EQ(intentions.size(), 1U);
  EXPECT_EQ(intentions[0].service, "billing");
  EXPECT_EQ(intentions[0].verb, "start");
  EXPECT_EQ(intentions[0].mode, "act");
  EXPECT_EQ(intentions[0].old_identity, "50001:50001");
  EXPECT_EQ(intentions[0].reason, "no process of it is running");
  const auto ends = plant.ledger->all<ActionEnd>();
  ASSERT_EQ(ends.size(), 1U);
  EXPECT_EQ(ends[0].number, intentions[0].number);
  EXPECT_EQ(ends[0].kind, "succeeded");
  const auto verdicts = plant.ledger->all<ActionVerdict>();
  ASSERT_EQ(verdicts.size(), 1U);
  EXPECT_TRUE(verdicts[0].is_verified);
  EXPECT_EQ(verdicts[0].new_identity, "50002:50002");
}

TEST(SupervisionRecords, CountTheDowntimeFromTheDeathAlsoWhereTheRestartHadToWait) {
  Recorded plant;
  plant.config.restart_policy.backoff = 30s;
  const auto billing = plant.add_command_service("billing", Mode::act);
  plant.start();
  plant.kill(billing);
  plant.run_for(2s);
  plant.kill(billing);
  plant.run_for(40s);
  const auto verdicts = plant.ledger->all<ActionVerdict>();
  ASSERT_EQ(verdicts.size(), 2U);
  EXPECT_LT(verdicts[0].downtime, 1s);
  EXPECT_GT(verdicts[1].downtime, 28s);
  EXPECT_LT(plant.row(billing).last_restart_duration, 1s) << "the attempt itself was short";
  const auto all = plant.row(billing).downtime_total;
  EXPECT_GT(all, 29s);
  EXPECT_LT(all, 32s) << "that it is up again is not counted";
}

TEST(SupervisionRecords, CountTheDowntimeThatLasts) {
  Recorded plant;
  const auto billing = plant.add_command_service("billing", Mode::observe);
  plant.start();
  plant.kill(billing);
  plant.run_for(1h);
  EXPECT_GT(plant.row(billing).downtime_total, 59min);
}

TEST(SupervisionRecords, TheActionBeginsOnlyWhenItsIntentionIsWritten) {
  Recorded plant;
  const auto billing = plant.add_command_service("billing", Mode::act);
  plant.start();
  plant.ledger->patience = 20ms;
  plant.kill(billing);
  plant.run_for(15ms);
  EXPECT_EQ(plant.ledger->all<Intention>().size(), 1U);
  EXPECT_EQ(plant.orders(), 0U);
  plant.run_for(20ms);
  EXPECT_EQ(plant.orders(), 1U);
}

TEST(SupervisionRecords, TellWhatDidNotComeUp) {
  Recorded plant;
  const auto billing = plant.add_command_service("billing", Mode::act);
  plant.start();
  plant.actuator().service(billing).never_comes_up = true;
  plant.kill(billing);
  plant.run_for(31s);
  const auto verdicts = plant.ledger->all<ActionVerdict>();
  ASSERT_EQ(verdicts.size(), 1U);
  EXPECT_FALSE(verdicts[0].is_verified);
}

TEST(SupervisionRecords, AFailedCommandNeedsNoVerdict) {
  Recorded plant;
  const auto billing = plant.add_command_service("billing", Mode::act);
  plant.start();
  plant.actuator().service(billing).answer = Outcome::Kind::failed;
  plant.actuator().service(billing).exit_code = 7;
  plant.kill(billing);
  plant.run_for(1s);
  ASSERT_EQ(plant.ledger->all<ActionEnd>().size(), 1U);
  EXPECT_EQ(plant.ledger->all<ActionEnd>()[0].exit_status, 7);
  EXPECT_TRUE(plant.ledger->all<ActionVerdict>().empty());
}

TEST(SupervisionRecords, WhatIsOnlyObservedIsWrittenDownOnceForEachDeath) {
  Recorded plant;
  const auto billing = plant.add_command_service("billing", Mode::observe);
  plant.start();
  plant.kill(billing);
  plant.run_for(1h);
  const auto intentions = plant.ledger->all<Intention>();
  ASSERT_EQ(intentions.size(), 1U);
  EXPECT_EQ(intentions[0].mode, "observe");
  EXPECT_EQ(plant.orders(), 0U);
}

TEST(SupervisionRecords, TellEveryChangeOfState) {
  Recorded plant;
  const auto billing = plant.add_command_service("billing", Mode::act);
  plant.start();
  plant.kill(billing);
  plant.run_for(2s);
  std::vector<std::string> path;
  for (const auto& event : plant.ledger->all<Event>())
    path.push_back(event.from + ">" + event.to);
  const std::vector<std::string> expected{"unknown>up", "up>suspect", "suspect>restarting", "restarting>up"};
  EXPECT_EQ(path, expected);
}

TEST(SupervisionRecords, TellWhoseItIsThoughItIsHeldAllTheTime) {
  Recorded plant;
  const auto apache = plant.add_unit_service("apache2.service", Mode::act);
  plant.start();
  plant.units.change("apache2.service", [](UnitStatus& status) { status.active_state = "deactivating"; });
  plant.run_for(1s);
  ASSERT_EQ(plant.row(apache).owner, Owner::systemd);
  plant.units.stop_by_admin("apache2.service");
  plant.run_for(1s);
  const auto events = plant.ledger->all<Event>();
  ASSERT_GE(events.size(), 2U);
  EXPECT_EQ(events[events.size() - 2].owner, "systemd");
  EXPECT_EQ(events.back().owner, "admin");
  EXPECT_EQ(events.back().to, "held");
}

TEST(SupervisionRecords, ThePauseGoesOnWhenTheDaemonIsRestarted) {
  Recorded first;
  const auto billing = first.add_command_service("billing", Mode::act);
  first.start();
  first.actuator().service(billing).answer = Outcome::Kind::failed;
  first.kill(billing);
  first.run_for(5min);
  const auto attempts = first.orders();
  ASSERT_GT(attempts, 4U);

  Recorded second;
  second.ledger->remembered = first.ledger->remembered;
  second.add_command_service("billing", Mode::act);
  second.loop.run_for(first.loop.now() - second.loop.now());
  second.processes[billing].reset();
  second.start();
  second.run_for(59s);
  EXPECT_EQ(second.orders(), 0U) << "nothing in the first cycle";
  EXPECT_EQ(second.row(billing).state, ServiceState::waiting);
  second.run_for(5min);
  ASSERT_EQ(second.orders(), 1U);
  EXPECT_EQ(second.ledger->all<Intention>().at(0).attempt, attempts + 1);
}

TEST(SupervisionRecords, AHealthyServiceHasNothingToRemember) {
  Recorded plant;
  plant.add_command_service("billing", Mode::act);
  plant.start();
  plant.run_for(1h);
  EXPECT_TRUE(plant.ledger->all<Memo>().empty());
}

}  // namespace
}  // namespace systemcheck::test
