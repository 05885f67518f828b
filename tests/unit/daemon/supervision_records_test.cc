#include <gtest/gtest.h>

#include <algorithm>

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

/// Where two restarts an hour are the limit of the machine.
struct Limited : Recorded {
  Limited() { config.restart_policy.host_limit = {.restarts = 2, .per = 1h, .share = 1.0}; }
  void kill_and_wait(std::size_t index) {
    kill(index);
    run_for(10s);
  }
  /// A daemon restarts nothing before it has seen it up.
  void restart_daemon_and_wait() {
    restart_daemon();
    run_for(10s);
  }
};

TEST(SupervisionRecords, ADaemonThatIsRestartedAgainAndAgainRestartsNoMoreThanTheLimitOfTheMachine) {
  Limited plant;
  std::vector<std::size_t> services;
  for (const auto* name : {"a", "b", "c", "d"})
    services.push_back(plant.add_command_service(name, Mode::act));
  plant.start();
  const auto begin = plant.loop.now();
  std::size_t orders = 0;
  plant.on_order = [&](const Order&) { ++orders; };
  for (const auto index : services) {
    plant.kill_and_wait(index);
    plant.restart_daemon_and_wait();
  }
  EXPECT_EQ(orders, 2U);
  plant.run_for(begin + 59min - plant.loop.now());
  EXPECT_EQ(orders, 2U);
}

TEST(SupervisionRecords, ARestartedDaemonSaysThatTheLimitIsReachedAndGoesOnWhenItIsOver) {
  Limited plant;
  const auto a = plant.add_command_service("a", Mode::act);
  const auto b = plant.add_command_service("b", Mode::act);
  const auto c = plant.add_command_service("c", Mode::act);
  plant.start();
  plant.kill_and_wait(a);
  plant.kill_and_wait(b);
  plant.restart_daemon_and_wait();
  plant.kill_and_wait(c);
  EXPECT_EQ(plant.row(c).suppressed_total.at(static_cast<std::size_t>(Suppressed::host_limit)), 1U);
  EXPECT_NE(plant.row(c).reason.find("2 restarts on this machine within 1 h"), std::string::npos)
      << plant.row(c).reason;
  plant.run_for(1h);
  EXPECT_TRUE(plant.processes[c]);
}

TEST(SupervisionRecords, WhatPeopleOrderCountsOverTheEndOfTheDaemonToo) {
  Limited plant;
  const auto a = plant.add_command_service("a", Mode::act);
  const auto b = plant.add_command_service("b", Mode::act);
  plant.start();
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(plant.supervision.order("a", Demand::restart, "root", [](const DemandEnd&) {}));
    plant.run_for(10s);
  }
  ASSERT_EQ(plant.row(a).ordered_restarts_total, 2U);
  plant.restart_daemon_and_wait();
  plant.kill_and_wait(b);
  EXPECT_FALSE(plant.processes[b]);
}

TEST(SupervisionRecords, ARestartIsRememberedBeforeItsIntentionIsWritten) {
  Limited plant;
  const auto a = plant.add_command_service("a", Mode::act);
  plant.start();
  plant.kill_and_wait(a);
  const auto& records = plant.ledger->records;
  const auto is_memo = [](const Record& it) {
    const auto* memo = std::get_if<Memo>(&it);
    return memo != nullptr && memo->key == "host_guard";
  };
  const auto is_intention = [](const Record& it) { return std::holds_alternative<Intention>(it); };
  const auto memo = std::ranges::find_if(records, is_memo);
  const auto intention = std::ranges::find_if(records, is_intention);
  ASSERT_NE(intention, records.end());
  EXPECT_LT(memo - records.begin(), intention - records.begin());
}

TEST(SupervisionRecords, WhatWasForbiddenIsNotRememberedAsARestart) {
  Limited plant;
  const auto a = plant.add_command_service("a", Mode::act);
  plant.start();
  auto& behaviour = plant.actuator().service(a);
  behaviour.refusal = Outcome::Refusal::policy;
  behaviour.answer = Outcome::Kind::refused;
  plant.kill_and_wait(a);
  ASSERT_EQ(plant.orders(), 1U);
  EXPECT_EQ(plant.ledger->remembered.at("host_guard"), "{}");
}

TEST(SupervisionRecords, WhatIsRememberedOfTheLimitAndCannotBeUnderstoodHoldsTheLimitOnceAndIsSaid) {
  Limited plant;
  plant.ledger->remembered["host_guard"] = "\xff";
  const auto a = plant.add_command_service("a", Mode::act);
  const auto b = plant.add_command_service("b", Mode::act);
  plant.start();
  EXPECT_TRUE(plant.journal.says("cannot be understood: the limit of the machine counts as reached"));
  plant.kill_and_wait(a);
  EXPECT_FALSE(plant.processes[a]);
  plant.run_for(30min);
  plant.kill_and_wait(b);
  EXPECT_FALSE(plant.processes[b]);
  plant.run_for(30min);
  EXPECT_TRUE(plant.processes[a]);
  EXPECT_TRUE(plant.processes[b]);
}

TEST(SupervisionRecords, TheNextDaemonDoesNotHoldAnewWhatCouldNotBeUnderstood) {
  Limited plant;
  plant.ledger->remembered["host_guard"] = "\xff";
  const auto a = plant.add_command_service("a", Mode::act);
  plant.start();
  plant.run_for(30min);
  plant.restart_daemon();
  plant.run_for(31min);
  plant.kill_and_wait(a);
  EXPECT_TRUE(plant.processes[a]);
}

TEST(SupervisionRecords, ALedgerThatKeepsNothingHoldsTheLimitWhileTheDaemonRuns) {
  Plant plant;
  plant.config.restart_policy.host_limit = {.restarts = 1, .per = 1h, .share = 1.0};
  const auto a = plant.add_command_service("a", Mode::act);
  plant.start();
  plant.kill(a);
  plant.run_for(10s);
  ASSERT_TRUE(plant.processes[a]);
  plant.kill(a);
  plant.run_for(30min);
  EXPECT_FALSE(plant.processes[a]);
}

}  // namespace
}  // namespace systemcheck::test
