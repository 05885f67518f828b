#include <gtest/gtest.h>

#include "support/fake_ledger.h"
#include "support/plant.h"

namespace systemcheck::test {
namespace {

using namespace std::chrono_literals;
using End = DemandEnd::Kind;

/// A plant in which people give orders, all of it written down.
class Ordered : public Plant {
 public:
  Ordered() {
    world.ledger = ledger;
    world.boot_id = "boot";
  }

  /// What comes of an order, within an hour.
  DemandEnd ordered(const std::string& service, Demand demand) {
    std::optional<DemandEnd> end;
    const auto given = supervision.order(service, demand, "root", [&](const auto& it) { end = it; });
    if (!given) return {End::refused, given.error().message};
    EXPECT_FALSE(end) << "never within the call";
    loop.run_until([&] { return end.has_value(); }, 1h);
    EXPECT_TRUE(end);
    return end.value_or(DemandEnd{});
  }
  /// Another daemon that finds what this one left, at the same moment.
  void begin_after(Ordered& first) {
    ledger->remembered = first.ledger->remembered;
    loop.run_for(first.loop.now() - loop.now());
  }
  void claim(const std::string& service, Duration length) {
    ASSERT_TRUE(supervision.claim(service, {.owner = Owner::maintenance,
                                            .reason = "new disks",
                                            .asked_by = "root",
                                            .since = loop.now(),
                                            .until = loop.now() + length,
                                            .ends_at = loop.wall_now() + length}));
  }

  std::shared_ptr<FakeLedger> ledger = std::make_shared<FakeLedger>(loop);
};

TEST(Orders, ARestartIsToldWhenANewProcessIsSeen) {
  Ordered plant;
  const auto billing = plant.add_command_service("billing", Mode::act);
  plant.start();
  const auto before = *plant.processes[billing];
  const auto end = plant.ordered("billing", Demand::restart);
  EXPECT_EQ(end.kind, End::verified);
  EXPECT_EQ(end.detail, "it is up: 1 process");
  EXPECT_NE(*plant.processes[billing], before);
  EXPECT_EQ(plant.row(billing).state, ServiceState::up);
  EXPECT_EQ(plant.row(billing).restarts_total, 0U) << "it was not ours";
  EXPECT_EQ(plant.row(billing).ordered_restarts_total, 1U);
  EXPECT_EQ(plant.row(billing).deaths_total.at(static_cast<std::size_t>(DeathCause::unknown)), 0U);
}

TEST(Orders, AreInTheHistoryWithWhoAskedAndWhoOwnsIt) {
  Ordered plant;
  plant.add_command_service("billing", Mode::act);
  plant.start();
  plant.ordered("billing", Demand::stop);
  const auto intentions = plant.ledger->all<Intention>();
  ASSERT_EQ(intentions.size(), 1U);
  EXPECT_EQ(intentions[0].verb, "stop");
  EXPECT_EQ(intentions[0].asked_by, "root");
  EXPECT_EQ(intentions[0].owner, "admin");
  const auto verdicts = plant.ledger->all<ActionVerdict>();
  ASSERT_EQ(verdicts.size(), 1U);
  EXPECT_TRUE(verdicts[0].is_verified);
}

TEST(Orders, WhatIsStoppedStaysStoppedUntilItIsStarted) {
  Ordered plant;
  const auto billing = plant.add_command_service("billing", Mode::act);
  const auto apache = plant.add_unit_service("apache2.service", Mode::act);
  plant.start();
  for (const auto* name : {"billing", "apache2"})
    EXPECT_EQ(plant.ordered(name, Demand::stop).kind, End::verified) << name;
  const auto orders = plant.orders();
  plant.run_for(24h);
  EXPECT_EQ(plant.orders(), orders);
  for (const auto index : {billing, apache}) {
    EXPECT_EQ(plant.row(index).state, ServiceState::held);
    EXPECT_EQ(plant.row(index).owner, Owner::admin);
    EXPECT_EQ(plant.row(index).reason, "admin, asked for by root: it was stopped");
  }
  EXPECT_EQ(plant.ordered("billing", Demand::stop).kind, End::needless);
  EXPECT_EQ(plant.ordered("billing", Demand::start).kind, End::verified);
  EXPECT_EQ(plant.ordered("apache2", Demand::restart).kind, End::verified);
  for (const auto index : {billing, apache}) {
    EXPECT_EQ(plant.row(index).state, ServiceState::up);
    EXPECT_EQ(plant.row(index).owner, Owner::systemcheck);
    EXPECT_TRUE(plant.row(index).holds.empty());
  }
  plant.kill(billing);
  plant.run_for(2s);
  EXPECT_EQ(plant.row(billing).state, ServiceState::up) << "and it is kept up again";
}

TEST(Orders, AStopOutlivesTheDaemonButNotTheBoot) {
  Ordered first;
  first.add_command_service("billing", Mode::act);
  first.start();
  first.ordered("billing", Demand::stop);

  Ordered second;
  const auto billing = second.add_command_service("billing", Mode::act);
  second.begin_after(first);
  second.processes[billing].reset();
  second.start();
  second.run_for(1h);
  EXPECT_EQ(second.orders(), 0U);
  EXPECT_EQ(second.row(billing).owner, Owner::admin);

  Ordered third;
  third.world.boot_id = "another boot";
  third.add_command_service("billing", Mode::act);
  third.begin_after(first);
  third.processes[billing].reset();
  third.start();
  third.actuator().service(billing).is_up = false;
  third.run_for(1h);
  EXPECT_EQ(third.row(billing).state, ServiceState::up);
}

TEST(Orders, WhatSomebodyElseHasStartedAgainIsNoLongerStopped) {
  Ordered plant;
  const auto apache = plant.add_unit_service("apache2.service", Mode::act);
  plant.start();
  plant.ordered("apache2", Demand::stop);
  plant.run_for(1h);
  plant.units.start_by_admin("apache2.service");
  plant.run_for(2min);
  EXPECT_EQ(plant.row(apache).owner, Owner::systemcheck);
  plant.kill(apache);
  plant.run_for(10s);
  EXPECT_EQ(plant.row(apache).state, ServiceState::up);
}

TEST(Orders, AreCarriedOutInMaintenanceWhichGoesOn) {
  Ordered plant;
  const auto billing = plant.add_command_service("billing", Mode::act);
  plant.start();
  plant.claim("billing", 2h);
  EXPECT_EQ(plant.ordered("billing", Demand::restart).kind, End::verified);
  EXPECT_EQ(plant.row(billing).owner, Owner::maintenance);
  plant.kill(billing);
  plant.run_for(30min);
  EXPECT_EQ(plant.row(billing).state, ServiceState::held);
  EXPECT_EQ(plant.ordered("billing", Demand::start).kind, End::verified);
  EXPECT_EQ(plant.row(billing).state, ServiceState::up);
  EXPECT_EQ(plant.ledger->all<Intention>().back().owner, "maintenance");
}

TEST(Orders, DoNotWaitForAPauseOfOurs) {
  Ordered plant;
  const auto billing = plant.add_command_service("billing", Mode::act);
  plant.start();
  plant.actuator().service(billing).answer = Outcome::Kind::failed;
  plant.kill(billing);
  plant.run_for(10min);
  ASSERT_EQ(plant.row(billing).state, ServiceState::waiting);
  plant.actuator().service(billing).answer = Outcome::Kind::succeeded;
  const auto asked = plant.loop.now();
  EXPECT_EQ(plant.ordered("billing", Demand::restart).kind, End::verified);
  EXPECT_LT(plant.loop.now() - asked, 2s);
}

TEST(Orders, CountForTheLimitOfTheMachine) {
  Ordered plant;
  plant.config.restart_policy.host_limit = {.restarts = 2, .per = 1h, .share = 1};
  const auto billing = plant.add_command_service("billing", Mode::act);
  plant.start();
  for (int i = 0; i < 3; ++i)
    EXPECT_EQ(plant.ordered("billing", Demand::restart).kind, End::verified) << "not held back by it";
  plant.kill(billing);
  plant.run_for(1s);
  EXPECT_EQ(plant.row(billing).state, ServiceState::waiting);
  EXPECT_NE(plant.row(billing).reason.find("are the limit"), std::string::npos);
}

TEST(Orders, AreRefusedForWhatIsOnlyObserved) {
  Ordered plant;
  plant.add_command_service("billing", Mode::observe);
  plant.start();
  const auto end = plant.ordered("billing", Demand::stop);
  EXPECT_EQ(end.kind, End::refused);
  EXPECT_EQ(plant.orders(), 0U);
  EXPECT_TRUE(plant.row(0).holds.empty());
  EXPECT_EQ(plant.ordered("nobody", Demand::stop).detail, "no such service");
}

TEST(Orders, AreRefusedWhileAnotherIsInFlight) {
  Ordered plant;
  const auto billing = plant.add_command_service("billing", Mode::act);
  plant.start();
  plant.actuator().service(billing).hangs = true;
  std::optional<DemandEnd> first;
  ASSERT_TRUE(
      plant.supervision.order("billing", Demand::restart, "root", [&](const auto& it) { first = it; }));
  plant.run_for(1s);
  EXPECT_EQ(plant.row(billing).state, ServiceState::restarting);
  EXPECT_EQ(plant.row(billing).reason, "a restart is under way, ordered by root");
  EXPECT_EQ(plant.ordered("billing", Demand::stop).detail, "an order for it is in flight");
  EXPECT_TRUE(plant.supervision.has_order_in_flight());
  plant.run_for(2min);
  ASSERT_TRUE(first);
  EXPECT_EQ(first->kind, End::timed_out);

  plant.actuator().service(billing).hangs = false;
  plant.actuator().service(billing).command_takes = 5s;
  plant.kill(billing);
  plant.run_for(1s);
  EXPECT_EQ(plant.ordered("billing", Demand::stop).detail, "an order for it is in flight") << "one of ours";
}

TEST(Orders, AFailedStartIsToldAndThenOursAgain) {
  Ordered plant;
  const auto billing = plant.add_command_service("billing", Mode::act);
  plant.start();
  plant.ordered("billing", Demand::stop);
  plant.actuator().service(billing).answer = Outcome::Kind::failed;
  plant.actuator().service(billing).detail = "exit status 3: no licence";
  const auto end = plant.ordered("billing", Demand::start);
  EXPECT_EQ(end.kind, End::failed);
  EXPECT_EQ(end.detail, "exit status 3: no licence");
  plant.actuator().service(billing).answer = Outcome::Kind::succeeded;
  plant.run_for(2min);
  EXPECT_EQ(plant.row(billing).state, ServiceState::up);
}

TEST(Orders, ACommandThatLiesIsFoundOut) {
  Ordered plant;
  const auto billing = plant.add_command_service("billing", Mode::act);
  plant.start();
  plant.actuator().service(billing).never_comes_up = true;
  const auto end = plant.ordered("billing", Demand::restart);
  EXPECT_EQ(end.kind, End::failed);
  EXPECT_EQ(end.detail, "it was started and did not come up; no process of it is running");
  EXPECT_FALSE(plant.journal.says("the restart did not succeed")) << "it was no attempt of ours";
  EXPECT_EQ(plant.row(billing).restart_failures_total, 1U);
}

TEST(Orders, AConfigurationThatIsBrokenIsNotRestarted) {
  Ordered plant;
  const auto billing = plant.add_command_service("billing", Mode::act);
  plant.start();
  plant.on_order = [](const Order& order) { EXPECT_TRUE(order.still_runs) << "so that it is checked first"; };
  plant.actuator().service(billing).answer = Outcome::Kind::refused;
  plant.actuator().service(billing).refusal = Outcome::Refusal::config_invalid;
  plant.actuator().service(billing).detail = "config_invalid: exit status 1";
  const auto end = plant.ordered("billing", Demand::restart);
  EXPECT_EQ(end.kind, End::refused);
  EXPECT_EQ(end.detail, "config_invalid: exit status 1");
  EXPECT_EQ(plant.row(billing).state, ServiceState::up);
  EXPECT_EQ(plant.row(billing).restart_failures_total, 0U);
}

TEST(Orders, AStopThatWasRefusedHoldsNothing) {
  Ordered plant;
  const auto billing = plant.add_command_service("billing", Mode::act);
  plant.start();
  plant.actuator().service(billing).answer = Outcome::Kind::refused;
  EXPECT_EQ(plant.ordered("billing", Demand::stop).kind, End::refused);
  EXPECT_TRUE(plant.row(billing).holds.empty());
}

TEST(Orders, AStopThatFailedStillHoldsBecauseThePersonWantedItGone) {
  Ordered plant;
  const auto billing = plant.add_command_service("billing", Mode::act);
  plant.start();
  plant.actuator().service(billing).hangs = true;
  EXPECT_EQ(plant.ordered("billing", Demand::stop).kind, End::timed_out);
  EXPECT_EQ(plant.row(billing).state, ServiceState::up);
  plant.run_for(1h);
  EXPECT_EQ(plant.row(billing).owner, Owner::admin);
  plant.kill(billing);
  plant.run_for(1h);
  EXPECT_EQ(plant.row(billing).state, ServiceState::held);
}

TEST(Orders, AStartAfterSystemctlStopIsNotTakenForTheOldStop) {
  Ordered plant;
  const auto apache = plant.add_unit_service("apache2.service", Mode::act);
  plant.start();
  plant.units.stop_by_admin("apache2.service");
  plant.run_for(1min);
  ASSERT_EQ(plant.row(apache).state, ServiceState::held);
  plant.actuator().service(apache).is_up = false;
  plant.actuator().service(apache).comes_up_after = 3s;
  EXPECT_EQ(plant.ordered("apache2", Demand::start).kind, End::verified);
}

TEST(Orders, AreGivenOnWhatIsSeenAfterTheyWereAsked) {
  Ordered plant;
  const auto billing = plant.add_command_service("billing", Mode::act);
  plant.start();
  plant.is_readable = false;
  EXPECT_EQ(plant.ordered("billing", Demand::restart).kind, End::refused);
  EXPECT_EQ(plant.orders(), 0U);
  plant.is_readable = true;
  EXPECT_EQ(plant.ordered("billing", Demand::restart).kind, End::verified);
  EXPECT_EQ(plant.row(billing).state, ServiceState::up);
}

TEST(Orders, MaintenanceOutlivesTheDaemonAndABoot) {
  Ordered first;
  first.add_command_service("billing", Mode::act);
  first.start();
  first.claim("billing", 2h);
  first.run_for(30min);

  Ordered second;
  second.world.boot_id = "another boot";
  const auto billing = second.add_command_service("billing", Mode::act);
  second.begin_after(first);
  second.start();
  second.kill(billing);
  second.run_for(89min);
  EXPECT_EQ(second.row(billing).state, ServiceState::held);
  ASSERT_EQ(second.row(billing).holds.size(), 1U);
  EXPECT_EQ(second.row(billing).holds[0].reason, "new disks");
  EXPECT_EQ(second.row(billing).holds[0].asked_by, "root");
  EXPECT_LE(second.row(billing).holds[0].remaining, 1min);
  second.run_for(2min);
  EXPECT_EQ(second.row(billing).state, ServiceState::up);
}

TEST(Orders, EachChangeOfOwnerIsInTheHistoryOnceWithWhoAskedForIt) {
  Ordered plant;
  plant.add_command_service("billing", Mode::act);
  plant.start();
  const auto before = plant.ledger->all<Event>().size();
  plant.claim("billing", 2h);
  ASSERT_TRUE(plant.supervision.give_back("billing", "uid 1000"));
  plant.run_for(1s);
  std::vector<std::string> told;
  for (const auto& event : plant.ledger->all<Event>())
    told.push_back(event.owner + ": " + event.reason);
  told.erase(told.begin(), told.begin() + static_cast<std::ptrdiff_t>(before));
  const std::vector<std::string> expected{
      "maintenance: maintenance until 2026-11-22T20:20:00Z, asked for by root: new disks",
      "systemcheck: maintenance is over: given back by uid 1000"};
  EXPECT_EQ(told, expected);
}

TEST(Orders, GivingBackEndsWhatPeopleHaveClaimed) {
  Ordered plant;
  const auto billing = plant.add_command_service("billing", Mode::act);
  plant.start();
  plant.claim("billing", 2h);
  plant.ordered("billing", Demand::stop);
  const auto owners = plant.supervision.give_back("billing", "uid 1000");
  ASSERT_TRUE(owners);
  EXPECT_EQ(*owners, (std::vector{Owner::admin, Owner::maintenance}));
  plant.run_for(1min);
  EXPECT_EQ(plant.row(billing).state, ServiceState::up);
  EXPECT_EQ(plant.ledger->remembered.at("claims/billing"), "{}");
  EXPECT_TRUE(plant.supervision.give_back("billing", "root")->empty());
}

TEST(Orders, ClaimsThatWereGivenBackDoNotReturnWithAReload) {
  Ordered first;
  first.add_command_service("billing", Mode::act);
  first.start();
  first.claim("billing", 2h);

  Ordered second;
  const auto billing = second.add_command_service("billing", Mode::act);
  second.begin_after(first);
  second.start();
  ASSERT_EQ(second.row(billing).holds.size(), 1U);
  ASSERT_TRUE(second.supervision.give_back("billing", "root"));
  second.supervision.take_over(std::make_shared<const Config>());
  second.supervision.take_over(std::make_shared<const Config>(second.config));
  EXPECT_TRUE(second.row(billing).holds.empty());
}

TEST(Orders, ClearingBringsBackAtOnceWhatWasWaiting) {
  Ordered plant;
  const auto billing = plant.add_command_service("billing", Mode::act);
  plant.start();
  plant.actuator().service(billing).answer = Outcome::Kind::failed;
  plant.kill(billing);
  plant.run_for(30min);
  ASSERT_TRUE(plant.row(billing).is_at_cap);
  plant.actuator().service(billing).answer = Outcome::Kind::succeeded;
  ASSERT_TRUE(plant.supervision.clear("billing", "root"));
  plant.run_for(2s);
  EXPECT_EQ(plant.row(billing).state, ServiceState::up);
  EXPECT_FALSE(plant.row(billing).is_at_cap);
}

}  // namespace
}  // namespace systemcheck::test
