#include <gtest/gtest.h>

#include <csignal>

#include "support/plant.h"

// A service of a unit that somebody has started by hand, without systemd.

namespace systemcheck::test {
namespace {

using namespace std::chrono_literals;

constexpr const char* unit = "apache2.service";

/// The unit is stopped; what runs is started by hand, and the kernel tells how it ends.
class SupervisionOutside : public testing::Test {
 protected:
  SupervisionOutside() {
    plant.world.ends = &plant.ends;
    apache = plant.add_unit_service(unit, Mode::act);
  }
  void begin() {
    plant.start();
    plant.actuator().service(apache).is_up = false;
    plant.start_by_hand(apache);
    plant.run_for(1s);
    ASSERT_EQ(plant.row(apache).state, ServiceState::up);
  }
  void begin_after_a_stop() {
    plant.units.stop_by_admin(unit);
    begin();
  }
  void begin_after_an_end() {
    plant.units.end_by_itself(unit);
    begin();
  }
  void end_by_hand(ProcessEnd end) {
    plant.ends.tell(*plant.processes[apache], end);
    plant.kill_by_hand(apache);
  }

  Plant plant{};
  std::size_t apache = 0;
};

TEST_F(SupervisionOutside, WhatIsKilledIsRestartedAtOnceByItsUnitWithoutItsOrphans) {
  begin_after_an_end();
  const auto main = *plant.processes[apache];
  const auto worker = plant.outside[apache].back();
  end_by_hand({.signal = SIGKILL});
  plant.run_for(10ms);
  ASSERT_EQ(plant.orders(), 1U);
  const auto& order = plant.actuator().orders.back();
  EXPECT_EQ(order.leftovers, std::vector{worker});
  EXPECT_EQ(order.dead_main, main);
  EXPECT_EQ(order.kill_after, Order{}.kill_after);
  plant.run_for(2s);
  EXPECT_EQ(plant.row(apache).state, ServiceState::up);
  EXPECT_EQ(*plant.processes[apache], plant.units.process(unit));
}

TEST_F(SupervisionOutside, WhatCrashesIsRestartedThoughItsUnitHadBeenStoppedBefore) {
  begin_after_a_stop();
  end_by_hand({.signal = SIGSEGV});
  plant.run_for(10ms);
  EXPECT_EQ(plant.orders(), 1U);
}

TEST_F(SupervisionOutside, WhatEndsCleanlyAfterAStopOfItsUnitStaysStopped) {
  begin_after_a_stop();
  end_by_hand({});
  plant.run_for(24h);
  EXPECT_EQ(plant.orders(), 0U);
  EXPECT_EQ(plant.row(apache).owner, Owner::admin);
}

TEST_F(SupervisionOutside, WhatIsKilledAfterItsUnitWasToldToStopStaysStopped) {
  begin_after_an_end();
  plant.units.change(unit, [](UnitStatus& status) { status.stop_job_seen = true; });
  plant.run_for(2s);
  end_by_hand({.signal = SIGKILL});
  plant.run_for(24h);
  EXPECT_EQ(plant.orders(), 0U);
  EXPECT_EQ(plant.row(apache).owner, Owner::admin);
}

TEST_F(SupervisionOutside, ARestartEndsAllOfItAndGivesItTheTimeThatAStopHas) {
  plant.config.services[apache].stop_timeout = 30s;
  begin_after_an_end();
  const auto all = plant.outside[apache];
  ASSERT_EQ(all.size(), 2U);
  ASSERT_TRUE(plant.supervision.order("apache2", Demand::restart, "root", [](const auto&) {}));
  plant.run_for(100ms);
  ASSERT_EQ(plant.orders(), 1U);
  EXPECT_EQ(plant.actuator().orders.back().leftovers, all);
  EXPECT_EQ(plant.actuator().orders.back().kill_after, 20s);
  EXPECT_TRUE(plant.actuator().orders.back().still_runs);
}

TEST_F(SupervisionOutside, WhatSystemdRunsIsLeftToSystemd) {
  plant.start();
  plant.kill(apache);
  plant.run_for(10ms);
  ASSERT_EQ(plant.orders(), 1U);
  EXPECT_TRUE(plant.actuator().orders.back().leftovers.empty());
  EXPECT_FALSE(plant.actuator().orders.back().dead_main);
}

TEST_F(SupervisionOutside, AfterARestartItsEndsAreSystemdsAgain) {
  begin_after_an_end();
  end_by_hand({.signal = SIGKILL});
  plant.run_for(2s);
  ASSERT_EQ(plant.row(apache).state, ServiceState::up);
  plant.units.stop_by_admin(unit);
  plant.run_for(24h);
  EXPECT_EQ(plant.orders(), 1U);
  EXPECT_EQ(plant.row(apache).owner, Owner::admin);
}

}  // namespace
}  // namespace systemcheck::test
