#include "daemon/holds.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "support/fake_host.h"
#include "support/fake_ledger.h"
#include "support/plant.h"

namespace systemcheck::test {
namespace {

using namespace std::chrono_literals;

constexpr const char* directory = "/run/systemcheck/hold.d";

std::string file_of(const std::string& name) { return std::string(directory) + "/" + name; }

/// A plant with windows and hold files, looked at as the daemon does: with each look and before each act.
/// It begins at 18:20 by UTC, the zone that it has until a test says otherwise.
class Held : public Plant {
 public:
  Held() {
    world.own_host = &machine;
    world.ledger = ledger;
    world.boot_id = "boot";
    world.utc_offset = [this](WallTime) { return zone; };
  }

  void begin() {
    start();
    poll();
  }
  /// As a script does, now.
  void hold(const std::string& name, const std::string& text = "") {
    machine.advance(loop.wall_now() - machine.wall_now());
    machine.write(file_of(name), text);
  }
  void jump_wall_clock(Duration by) { loop.jump_wall_clock(by); }
  void open_window(std::chrono::minutes from, Duration length, std::string reason = "backup") {
    config.maintenance.push_back(
        {.services = {"all"}, .from = from, .length = length, .reason = std::move(reason)});
  }
  /// Another daemon that finds what this one left, at the same moment.
  void begin_after(Held& first) {
    ledger->remembered = first.ledger->remembered;
    loop.run_for(first.loop.now() - loop.now());
  }
  [[nodiscard]] std::size_t lines_with(const std::string& words) const {
    return static_cast<std::size_t>(std::ranges::count_if(
        journal.lines, [&](const auto& line) { return line.find(words) != std::string::npos; }));
  }
  [[nodiscard]] bool is_held(std::size_t index) const { return row(index).owner == Owner::maintenance; }

  FakeHost machine{};
  std::shared_ptr<FakeLedger> ledger = std::make_shared<FakeLedger>(loop);
  Duration zone{};

 private:
  void poll() {
    supervision.see_hold_files(read_hold_files(machine, config.hold_directory), loop.now());
    poll_ = loop.at(loop.now() + 600ms, [this] { poll(); });
  }
  Watch poll_{};
};

TEST(HoldFile, LeavesAServiceAloneUntilItIsRemoved) {
  Held plant;
  const auto billing = plant.add_command_service("billing", Mode::act);
  const auto apache = plant.add_unit_service("apache2.service", Mode::act);
  plant.begin();
  plant.hold("billing", "reason: moving the database\n");
  plant.kill(billing);
  plant.kill(apache);
  plant.run_for(30min);
  EXPECT_EQ(plant.row(apache).state, ServiceState::up) << "it is not held";
  EXPECT_EQ(plant.row(billing).state, ServiceState::held);
  EXPECT_EQ(plant.row(billing).owner, Owner::maintenance);
  EXPECT_EQ(plant.row(billing).reason,
            "maintenance until 2026-11-22T19:20:00Z, by a hold file: moving the database "
            "(/run/systemcheck/hold.d/billing)");
  ASSERT_EQ(plant.row(billing).holds.size(), 1U);
  EXPECT_EQ(plant.row(billing).holds[0].origin, ClaimOrigin::file);

  plant.machine.remove(file_of("billing"));
  plant.run_for(2min);
  EXPECT_EQ(plant.row(billing).state, ServiceState::up);
  EXPECT_TRUE(plant.row(billing).holds.empty());
  EXPECT_EQ(plant.lines_with("billing: maintenance is over: no hold file holds it any more"), 1U);
}

TEST(HoldFile, IsSeenRightBeforeTheFirstAct) {
  Held plant;
  const auto billing = plant.add_command_service("billing", Mode::act);
  plant.begin();
  plant.run_for(700ms);
  plant.hold("all");  // In the very moment, between two looks.
  plant.kill(billing);
  plant.run_for(1ms);
  EXPECT_EQ(plant.orders(), 0U);
  plant.run_for(1s);
  EXPECT_EQ(plant.orders(), 0U);
  EXPECT_TRUE(plant.is_held(billing));
}

TEST(HoldFile, AlwaysEnds) {
  Held plant;
  const auto billing = plant.add_command_service("billing", Mode::act);
  plant.begin();
  plant.hold("billing", "for: 2h\n");
  plant.kill(billing);
  plant.run_for(2h - 1min);
  EXPECT_EQ(plant.orders(), 0U);
  plant.run_for(2min);
  EXPECT_EQ(plant.row(billing).state, ServiceState::up);
  EXPECT_EQ(plant.lines_with("its time is over; it holds nothing any more"), 1U);

  plant.hold("billing", "for: 2h\n");  // Touched again.
  plant.run_for(2min);
  EXPECT_TRUE(plant.is_held(billing));
}

TEST(HoldFile, HoldsAGroup) {
  Held plant;
  const auto billing = plant.add_command_service("billing", Mode::act);
  const auto web = plant.add_command_service("web", Mode::act);
  plant.config.groups = {{.name = "shop", .services = {"web"}}};
  plant.begin();
  plant.hold("shop");
  plant.run_for(2min);
  EXPECT_TRUE(plant.is_held(web));
  EXPECT_FALSE(plant.is_held(billing));
}

TEST(HoldFile, IsComplainedOfOnceWhereNothingHasItsName) {
  Held plant;
  const auto billing = plant.add_command_service("billing", Mode::act);
  plant.begin();
  plant.hold("biling");
  plant.run_for(1h);
  EXPECT_FALSE(plant.is_held(billing));
  EXPECT_EQ(plant.lines_with("hold file: /run/systemcheck/hold.d/biling: there is no service and no group of "
                             "that name; it holds nothing"),
            1U);
  plant.hold("biling");
  plant.run_for(10min);
  EXPECT_EQ(plant.lines_with("there is no service"), 1U) << "it is still so";
  plant.machine.remove(file_of("biling"));
  plant.run_for(1min);
  plant.hold("biling");
  plant.run_for(1min);
  EXPECT_EQ(plant.lines_with("there is no service"), 2U);
}

TEST(HoldFile, OfSomebodyElseHoldsNothingAndIsComplainedOfOnce) {
  Held plant;
  const auto billing = plant.add_command_service("billing", Mode::act);
  plant.begin();
  plant.hold("billing");
  plant.machine.own(file_of("billing"), 1000);
  plant.run_for(10min);
  EXPECT_FALSE(plant.is_held(billing));
  EXPECT_EQ(
      plant.lines_with("hold file: /run/systemcheck/hold.d/billing belongs to user 1000; it holds nothing"),
      1U);
}

TEST(HoldFile, OnesThatCannotBeListedAreNotTakenForNone) {
  Held plant;
  const auto billing = plant.add_command_service("billing", Mode::act);
  plant.machine.fail(directory, Error::Kind::denied);
  plant.begin();
  plant.run_for(10s);
  plant.kill(billing);
  plant.run_for(30min);
  EXPECT_EQ(plant.orders(), 0U);
  EXPECT_EQ(plant.row(billing).owner, Owner::maintenance);
  EXPECT_NE(plant.row(billing).reason.find("the hold files could not be read: "), std::string::npos);
  EXPECT_EQ(plant.lines_with("everything is held, for 1 h at most"), 1U);

  plant.machine.mend(directory);
  plant.run_for(2min);
  EXPECT_EQ(plant.row(billing).state, ServiceState::up);
}

TEST(HoldFile, OnesThatAreNeverListedHoldForAnHour) {
  Held plant;
  const auto billing = plant.add_command_service("billing", Mode::act);
  plant.machine.fail(directory, Error::Kind::denied);
  plant.begin();
  plant.kill(billing);
  plant.run_for(50min);
  EXPECT_EQ(plant.orders(), 0U);
  plant.run_for(20min);
  EXPECT_EQ(plant.row(billing).state, ServiceState::up);
}

TEST(HoldFile, ThatIsKnownGoesOnWhereTheyCannotBeListedAnyMore) {
  Held plant;
  const auto billing = plant.add_command_service("billing", Mode::act);
  plant.begin();
  plant.hold("billing", "for: 5h\n");
  plant.run_for(1min);
  plant.machine.fail(directory, Error::Kind::failed);
  plant.kill(billing);
  plant.run_for(4h);
  EXPECT_TRUE(plant.is_held(billing));
  EXPECT_EQ(plant.orders(), 0U);
  plant.run_for(2h);
  EXPECT_EQ(plant.row(billing).state, ServiceState::up);
}

TEST(HoldFile, FromTheFutureCountsFromWhenItWasSeen) {
  Held plant;
  const auto billing = plant.add_command_service("billing", Mode::act);
  plant.begin();
  plant.machine.advance(plant.loop.wall_now() - plant.machine.wall_now() + 24h * 365);
  plant.machine.write(file_of("billing"), "for: 1h\n");
  plant.kill(billing);
  plant.run_for(50min);
  EXPECT_TRUE(plant.is_held(billing));
  EXPECT_EQ(plant.orders(), 0U);
  EXPECT_EQ(plant.lines_with("billing: maintenance until"), 1U) << "not begun anew with each look";
  EXPECT_EQ(plant.lines_with("written in the future"), 1U);
  plant.run_for(20min);
  EXPECT_EQ(plant.row(billing).state, ServiceState::up);
}

TEST(HoldFile, IsMadeNoLongerByAClockThatIsSetBack) {
  Held plant;
  const auto billing = plant.add_command_service("billing", Mode::act);
  plant.begin();
  plant.hold("billing", "for: 1h\n");
  plant.kill(billing);
  plant.run_for(30min);
  plant.jump_wall_clock(-24h * 30);
  plant.run_for(29min);
  EXPECT_EQ(plant.orders(), 0U);
  plant.run_for(3min);
  EXPECT_EQ(plant.row(billing).state, ServiceState::up);
}

TEST(HoldFile, HoldsBesideWhatAPersonAskedForAndIsNotEndedByRelease) {
  Held plant;
  const auto billing = plant.add_command_service("billing", Mode::act);
  plant.begin();
  plant.hold("billing", "for: 2h\n");
  ASSERT_TRUE(plant.supervision.claim("billing", {.owner = Owner::maintenance,
                                                  .asked_by = "root",
                                                  .since = plant.loop.now(),
                                                  .until = plant.loop.now() + 1h,
                                                  .ends_at = plant.loop.wall_now() + 1h}));
  plant.run_for(1min);
  EXPECT_EQ(plant.row(billing).holds.size(), 2U);
  ASSERT_TRUE(plant.supervision.give_back("billing", "root"));
  plant.run_for(1min);
  EXPECT_TRUE(plant.is_held(billing));
  ASSERT_EQ(plant.row(billing).holds.size(), 1U);
  EXPECT_EQ(plant.row(billing).holds[0].origin, ClaimOrigin::file);
}

TEST(HoldFile, HoldsAgainAfterARestartOfTheDaemonForWhatIsLeft) {
  Held plant;
  const auto billing = plant.add_command_service("billing", Mode::act);
  plant.begin();
  plant.hold("billing", "for: 2h\n");
  plant.run_for(1h);
  plant.restart_daemon();
  plant.run_for(1s);
  plant.kill(billing);
  plant.run_for(58min);
  EXPECT_EQ(plant.row(billing).state, ServiceState::held);
  EXPECT_EQ(plant.orders(), 0U);
  plant.run_for(4min);
  EXPECT_EQ(plant.row(billing).state, ServiceState::up);
}

TEST(Window, LeavesServicesAloneFromItsTimeToItsEnd) {
  Held plant;
  const auto billing = plant.add_command_service("billing", Mode::act);
  plant.open_window(19h, 1h);
  plant.begin();
  plant.kill(billing);
  plant.run_for(30min);
  EXPECT_EQ(plant.row(billing).state, ServiceState::up) << "18:50: not yet";
  plant.run_for(12min);
  plant.kill(billing);
  plant.run_for(40min);
  EXPECT_EQ(plant.row(billing).state, ServiceState::held);
  EXPECT_EQ(plant.row(billing).reason,
            "maintenance until 2026-11-22T20:00:00Z, by a window of the configuration: backup");
  EXPECT_EQ(plant.row(billing).holds.at(0).origin, ClaimOrigin::window);
  plant.run_for(20min);
  EXPECT_EQ(plant.row(billing).state, ServiceState::up);
  EXPECT_EQ(plant.lines_with("billing: maintenance until"), 1U);
}

TEST(Window, IsByLocalTime) {
  Held plant;
  plant.zone = -5h;
  const auto billing = plant.add_command_service("billing", Mode::act);
  plant.open_window(13h, 1h);  // 18:00 by UTC.
  plant.begin();
  plant.run_for(1min);
  EXPECT_TRUE(plant.is_held(billing));
}

TEST(Window, OfADayThatMeetsTheNextOneHasNoGap) {
  Held plant;
  const auto billing = plant.add_command_service("billing", Mode::act);
  plant.open_window(0h, 24h);
  plant.begin();
  plant.kill(billing);
  plant.run_for(24h * 20);
  EXPECT_EQ(plant.orders(), 0U);
  EXPECT_TRUE(plant.is_held(billing));
}

TEST(Window, HasNoGapWhereTheClockOfPeopleIsBehind) {
  Held plant;
  const auto billing = plant.add_command_service("billing", Mode::act);
  plant.open_window(0h, 24h);
  plant.begin();
  plant.kill(billing);
  plant.run_for(1h);
  for (int day = 0; day < 5; ++day) {
    plant.jump_wall_clock(-300ms);
    plant.run_for(24h);
    EXPECT_EQ(plant.orders(), 0U);
  }
  EXPECT_TRUE(plant.is_held(billing));
}

TEST(Window, ThatAPersonReleasedStaysReleasedUntilItsEnd) {
  Held plant;
  const auto billing = plant.add_command_service("billing", Mode::act);
  plant.open_window(18h, 2h);
  plant.begin();
  plant.run_for(1min);
  ASSERT_TRUE(plant.is_held(billing));
  const auto released = plant.supervision.give_back("billing", "root");
  ASSERT_TRUE(released);
  EXPECT_EQ(*released, std::vector<Owner>{Owner::maintenance});
  plant.run_for(1min);
  plant.kill(billing);
  plant.run_for(30min);
  EXPECT_EQ(plant.row(billing).state, ServiceState::up);

  plant.restart_daemon();
  plant.run_for(30min);
  EXPECT_FALSE(plant.is_held(billing)) << "also after a restart of the daemon";
  plant.run_for(23h);
  EXPECT_TRUE(plant.is_held(billing)) << "the next day's window is another one";
}

TEST(Window, ThatHasJustOpenedCanBeReleased) {
  Held plant;
  const auto billing = plant.add_command_service("billing", Mode::act);
  plant.open_window(18h + 21min, 1h);
  plant.run_for(30s);
  plant.begin();
  plant.run_for(35s);  // 18:21:05: it was considered last before that opened.
  const auto released = plant.supervision.give_back("billing", "root");
  EXPECT_EQ(*released, std::vector<Owner>{Owner::maintenance});
  plant.run_for(10min);
  EXPECT_FALSE(plant.is_held(billing));
}

TEST(Window, HoldsAtOnceWhenTheDaemonIsStartedInIt) {
  Held first;
  first.add_command_service("billing", Mode::act);
  first.open_window(18h, 2h);
  first.begin();
  first.run_for(10min);

  Held second;
  const auto billing = second.add_command_service("billing", Mode::act);
  second.open_window(18h, 2h);
  second.begin_after(first);
  second.processes[billing].reset();
  second.begin();
  second.run_for(1h + 25min);
  EXPECT_EQ(second.orders(), 0U);
  EXPECT_EQ(second.row(billing).owner, Owner::maintenance);
  ASSERT_EQ(second.row(billing).holds.size(), 1U) << "not also remembered";
  second.actuator().service(billing).is_up = false;
  second.run_for(6min);
  EXPECT_EQ(second.row(billing).state, ServiceState::up);
}

TEST(Window, EndsWithTheConfigurationThatHadIt) {
  Held plant;
  const auto billing = plant.add_command_service("billing", Mode::act);
  plant.open_window(18h, 2h);
  plant.begin();
  plant.run_for(1min);
  ASSERT_TRUE(plant.is_held(billing));
  plant.config.maintenance.clear();
  plant.supervision.take_over(std::make_shared<const Config>(plant.config));
  plant.run_for(2min);
  EXPECT_FALSE(plant.is_held(billing));
  EXPECT_EQ(plant.lines_with("maintenance is over: there is no such window any more"), 1U);
}

TEST(Window, EndsByTheClockOfPeopleWhenItIsSetForward) {
  Held plant;
  const auto billing = plant.add_command_service("billing", Mode::act);
  plant.open_window(18h, 2h);
  plant.begin();
  plant.run_for(1min);
  plant.kill(billing);
  plant.jump_wall_clock(2h);
  plant.run_for(2min);
  EXPECT_EQ(plant.row(billing).state, ServiceState::up);
}

}  // namespace
}  // namespace systemcheck::test
