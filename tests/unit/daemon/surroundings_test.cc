#include "daemon/surroundings.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "collect/runlevel.h"
#include "support/fake_host.h"
#include "support/plant.h"
#include "support/utmp_records.h"

namespace systemcheck::test {
namespace {

using namespace std::chrono_literals;

constexpr const char* frontend = "/var/lib/dpkg/lock-frontend";
constexpr const char* switch_path = "/run/systemcheck/disable-actions";

/// A plant that also looks at the machine around it, as the daemon does: with each look and before each act.
class Plot : public Plant {
 public:
  Plot() {
    world.own_host = &machine;
    poll();
  }

  /// A process that changes packages until it ends.
  ProcessIdentity begin_upgrade(pid_t pid = 4711) {
    machine.add_process({.pid = pid, .comm = "apt-get", .cmdline = "apt-get upgrade"});
    machine.lock(frontend, pid);
    const auto transaction = read_package_transaction(machine);
    return *transaction->holder;
  }
  void end_upgrade(ProcessIdentity holder) {
    machine.end_process(holder.pid);
    loop.end_process(holder);
  }
  [[nodiscard]] std::uint64_t suppressed(std::size_t index, Suppressed why) const {
    return row(index).suppressed_total.at(static_cast<std::size_t>(why));
  }

  FakeHost machine{};

 private:
  /// The daemon's looks come a hundred times as often as its cycles here.
  void poll() {
    supervision.see_surroundings(read_package_transaction(machine),
                                 read_kill_switch(machine, config.kill_switch), loop.now());
    poll_ = loop.at(loop.now() + 600ms, [this] { poll(); });
  }
  Watch poll_{};
};

TEST(Surroundings, LeaveWhatDiesInAnUpgradeAloneUntilItIsOver) {
  Plot plot;
  const auto apache = plot.add_unit_service("apache2.service", Mode::act);
  const auto billing = plot.add_command_service("billing", Mode::act);
  plot.start();
  const auto upgrade = plot.begin_upgrade();
  plot.kill(apache);
  plot.kill(billing);
  plot.run_for(10min);
  EXPECT_EQ(plot.orders(), 0U);
  for (const auto index : {apache, billing}) {
    EXPECT_EQ(plot.row(index).state, ServiceState::held);
    EXPECT_EQ(plot.row(index).owner, Owner::upgrade);
    EXPECT_EQ(plot.row(index).reason, "apt-get (process 4711) is changing packages");
    EXPECT_EQ(plot.suppressed(index, Suppressed::upgrade), 1U);
  }

  plot.end_upgrade(upgrade);
  plot.run_for(5s);
  EXPECT_EQ(plot.orders(), 2U);
  EXPECT_EQ(plot.row(billing).state, ServiceState::up);
}

TEST(Surroundings, AreAskedBeforeTheFirstAct) {
  Plot plot;
  const auto apache = plot.add_unit_service("apache2.service", Mode::act);
  plot.start();
  plot.run_for(1s);
  // In the very moment, between two looks.
  (void)plot.begin_upgrade();
  plot.kill(apache);
  plot.run_for(1ms);
  EXPECT_EQ(plot.orders(), 0U);
  EXPECT_EQ(plot.row(apache).owner, Owner::upgrade);
}

TEST(Surroundings, LeaveWhatTheUpgradeStartedAgainAlone) {
  Plot plot;
  const auto apache = plot.add_unit_service("apache2.service", Mode::act);
  plot.start();
  const auto upgrade = plot.begin_upgrade();
  plot.kill(apache);
  plot.run_for(5s);
  plot.units.start_by_admin("apache2.service");
  plot.end_upgrade(upgrade);
  plot.run_for(1min);
  EXPECT_EQ(plot.orders(), 0U);
  EXPECT_EQ(plot.row(apache).state, ServiceState::up);
}

TEST(Surroundings, TouchNothingThatIsUpInAnUpgrade) {
  Plot plot;
  const auto apache = plot.add_unit_service("apache2.service", Mode::act);
  plot.start();
  (void)plot.begin_upgrade();
  plot.run_for(2h);
  EXPECT_EQ(plot.orders(), 0U);
  EXPECT_EQ(plot.row(apache).state, ServiceState::up);
}

TEST(Surroundings, WaitForAPackageToolThatHangsHalfAnHourAndSaySo) {
  Plot plot;
  const auto billing = plot.add_command_service("billing", Mode::act);
  plot.start();
  (void)plot.begin_upgrade();
  plot.kill(billing);
  plot.run_for(29min);
  EXPECT_EQ(plot.orders(), 0U);
  EXPECT_FALSE(plot.supervision.surroundings().has_upgrade_hold_expired());
  plot.run_for(2min);
  EXPECT_TRUE(plot.supervision.surroundings().has_upgrade_hold_expired());
  EXPECT_EQ(plot.orders(), 1U);
}

TEST(Surroundings, TouchNothingWhileTheKillSwitchIsSetAndSayItOnce) {
  Plot plot;
  const auto billing = plot.add_command_service("billing", Mode::act);
  plot.start();
  plot.machine.write(switch_path, "");
  plot.kill(billing);
  plot.run_for(1h);
  EXPECT_EQ(plot.orders(), 0U);
  EXPECT_EQ(plot.row(billing).state, ServiceState::down);
  EXPECT_EQ(plot.suppressed(billing, Suppressed::maintenance), 1U);
  EXPECT_NE(plot.row(billing).reason.find("kill switch: /run/systemcheck/disable-actions exists"),
            std::string::npos)
      << plot.row(billing).reason;
  EXPECT_EQ(std::ranges::count_if(plot.journal.lines,
                                  [](const auto& line) { return line.starts_with("kill switch: nothing"); }),
            1);

  plot.machine.remove(switch_path);
  plot.run_for(2min);
  EXPECT_EQ(plot.orders(), 1U);
  EXPECT_EQ(plot.row(billing).state, ServiceState::up);
}

TEST(Surroundings, TakeAPolicyThatForbidsStartsForAnUpgrade) {
  Plot plot;
  const auto billing = plot.add_command_service("billing", Mode::act);
  plot.start();
  auto& behaviour = plot.actuator().service(billing);
  behaviour.answer = Outcome::Kind::refused;
  behaviour.refusal = Outcome::Refusal::policy;
  behaviour.detail = "policy-rc.d forbids to start billing";
  plot.kill(billing);
  plot.run_for(30s);
  EXPECT_EQ(plot.orders(), 1U);
  EXPECT_EQ(plot.row(billing).state, ServiceState::held);
  EXPECT_EQ(plot.row(billing).owner, Owner::upgrade);
  EXPECT_EQ(plot.row(billing).reason, "policy-rc.d forbids to start billing");
  EXPECT_EQ(plot.row(billing).restarts_total, 0U);
  EXPECT_EQ(plot.row(billing).restart_failures_total, 0U);
  EXPECT_TRUE(plot.actuator().orders.back().asks_policy);

  behaviour.answer = Outcome::Kind::succeeded;
  behaviour.refusal = Outcome::Refusal::none;
  plot.run_for(2min);
  EXPECT_EQ(plot.orders(), 2U) << "asked again after a while";
  EXPECT_EQ(plot.row(billing).state, ServiceState::up);
}

/// How it behaves from now on.
void forbid(FakeActuator::Service& service) {
  service.answer = Outcome::Kind::refused;
  service.refusal = Outcome::Refusal::policy;
  service.detail = "policy-rc.d forbids to start it";
}

TEST(Surroundings, WhatAPolicyForbidsUsesUpNothingThatOthersNeed) {
  Plot plot;
  plot.config.restart_policy.host_limit = {.restarts = 2, .per = 1h, .share = 1.0};
  const auto one = plot.add_command_service("one", Mode::act);
  const auto other = plot.add_command_service("other", Mode::act);
  const auto billing = plot.add_command_service("billing", Mode::act);
  plot.start();
  forbid(plot.actuator().service(one));
  forbid(plot.actuator().service(other));
  plot.kill(one);
  plot.kill(other);
  plot.run_for(10min);
  ASSERT_GT(plot.orders(), 10U) << "they are asked for again and again";
  plot.kill(billing);
  plot.run_for(2s);
  EXPECT_EQ(plot.row(billing).state, ServiceState::up) << plot.row(billing).reason;
  EXPECT_EQ(plot.suppressed(billing, Suppressed::host_limit), 0U);
}

TEST(Surroundings, WhoWaitsForWhatAForbiddenStartMightUseGoesOnAsSoonAsItIsForbidden) {
  Plot plot;
  plot.config.restart_policy.host_limit = {.restarts = 1, .per = 1h, .share = 1.0};
  const auto one = plot.add_command_service("one", Mode::act);
  const auto billing = plot.add_command_service("billing", Mode::act);
  plot.start();
  forbid(plot.actuator().service(one));
  plot.actuator().service(one).command_takes = 5s;
  plot.kill(one);
  plot.run_for(1s);
  plot.kill(billing);
  plot.run_for(1s);
  EXPECT_EQ(plot.row(billing).state, ServiceState::waiting) << "the one may be begun yet";
  plot.run_for(5s);
  EXPECT_EQ(plot.row(billing).state, ServiceState::up) << plot.row(billing).reason;
}

TEST(Surroundings, AForbiddenStartIsNeverCountedNotForAMoment) {
  Plot plot;
  const auto billing = plot.add_command_service("billing", Mode::act);
  plot.start();
  forbid(plot.actuator().service(billing));
  plot.kill(billing);
  for (int i = 0; i < 20'000; ++i) {
    plot.run_for(10ms);
    ASSERT_EQ(plot.row(billing).restarts_total, 0U) << i;
  }
  ASSERT_GT(plot.orders(), 2U);
  plot.actuator().service(billing) = {.is_up = false};
  plot.run_for(2min);
  EXPECT_EQ(plot.row(billing).state, ServiceState::up);
  EXPECT_EQ(plot.row(billing).restarts_total, 1U);
}

TEST(Surroundings, AskAPolicyThatForbidsForEverHalfAnHourOnly) {
  Plot plot;
  const auto billing = plot.add_command_service("billing", Mode::act);
  plot.start();
  auto& behaviour = plot.actuator().service(billing);
  behaviour.answer = Outcome::Kind::refused;
  behaviour.refusal = Outcome::Refusal::policy;
  plot.kill(billing);
  plot.run_for(29min);
  EXPECT_TRUE(plot.actuator().orders.back().asks_policy);
  plot.run_for(2min);
  EXPECT_FALSE(plot.actuator().orders.back().asks_policy);
  EXPECT_EQ(plot.row(billing).state, ServiceState::up);
}

TEST(Surroundings, DropALookThatIsOlderThanWhatIsKnown) {
  Plot plot;
  plot.start();
  plot.machine.write(switch_path, "");
  Surroundings surroundings(plot.world, [] {});
  surroundings.use(std::make_shared<const Config>(plot.config));
  const auto before = plot.loop.now();
  plot.run_for(1s);
  EXPECT_TRUE(surroundings.look());
  surroundings.note(PackageTransaction{}, KillSwitch{}, before);
  EXPECT_FALSE(surroundings.kill_switch().empty());
  EXPECT_FALSE(surroundings.look()) << "nothing new";
}

/// A machine whose init is not systemd.
struct OldPlot : Plot {
  OldPlot() { units.lose_bus(); }
  void begin_runlevel(char level) { machine.write(utmp_path, runlevel_record(level)); }
};

TEST(Surroundings, RestartNothingWhileTheRunlevelSaysThatTheMachineGoesDown) {
  for (const char level : std::string("06")) {
    OldPlot plot;
    const auto billing = plot.add_command_service("billing", Mode::act);
    plot.begin_runlevel('2');
    plot.start();
    plot.begin_runlevel(level);
    plot.kill(billing);
    plot.run_for(1h);
    EXPECT_EQ(plot.orders(), 0U) << level;
    EXPECT_EQ(plot.row(billing).state, ServiceState::held);
    EXPECT_EQ(plot.row(billing).owner, Owner::shutdown);
    EXPECT_EQ(plot.row(billing).reason, "the machine is going down");
    EXPECT_EQ(plot.suppressed(billing, Suppressed::shutdown), 1U);
    EXPECT_TRUE(plot.journal.says("the machine is going down; nothing is started any more"));
  }
}

TEST(Surroundings, RestartWhatIsGoneWhenTheShutdownIsCalledOff) {
  OldPlot plot;
  const auto billing = plot.add_command_service("billing", Mode::act);
  plot.begin_runlevel('6');
  plot.start();
  plot.kill(billing);
  plot.run_for(10min);
  ASSERT_EQ(plot.orders(), 0U);
  plot.begin_runlevel('2');
  plot.run_for(2min);
  EXPECT_EQ(plot.orders(), 1U);
  EXPECT_EQ(plot.row(billing).state, ServiceState::up);
  EXPECT_TRUE(plot.journal.says("the machine is no longer going down"));
}

TEST(Surroundings, StayWithAShutdownWhileNothingElseIsSaid) {
  OldPlot plot;
  const auto billing = plot.add_command_service("billing", Mode::act);
  plot.begin_runlevel('0');
  plot.start();
  plot.kill(billing);
  plot.run_for(10min);
  for (const auto& text : {std::string(), std::string("cut"), utmp_record(BOOT_TIME, 0)}) {
    plot.machine.write(utmp_path, text);
    plot.run_for(10min);
    EXPECT_EQ(plot.row(billing).owner, Owner::shutdown) << text;
  }
  plot.machine.remove(utmp_path);
  plot.run_for(10min);
  EXPECT_EQ(plot.orders(), 0U);
}

TEST(Surroundings, ARunlevelThatIsNotKnownKeepsNothingFromBeingRestarted) {
  for (const auto& text : {std::string(), std::string("cut"), runlevel_record('6') + "cut"}) {
    OldPlot plot;
    const auto billing = plot.add_command_service("billing", Mode::act);
    plot.machine.write(utmp_path, text);
    plot.start();
    plot.kill(billing);
    plot.run_for(2min);
    EXPECT_EQ(plot.orders(), 1U) << text;
  }
}

TEST(Surroundings, DoNotAskForARunlevelWhereThereIsSystemdToTell) {
  Plot plot;
  const auto billing = plot.add_command_service("billing", Mode::act);
  plot.machine.write(utmp_path, runlevel_record('6'));
  plot.start();
  plot.kill(billing);
  plot.run_for(2min);
  EXPECT_EQ(plot.orders(), 1U);
}

TEST(Surroundings, AreNotAskedForTheRunlevelWhileAllIsUp) {
  OldPlot plot;
  plot.add_command_service("billing", Mode::act);
  plot.begin_runlevel('6');
  plot.start();
  plot.run_for(1h);
  EXPECT_FALSE(plot.supervision.surroundings().is_going_down());
}

}  // namespace
}  // namespace systemcheck::test
