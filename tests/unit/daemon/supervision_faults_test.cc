#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <map>
#include <string>
#include <vector>

#include "daemon/supervision.h"
#include "support/fake_prober.h"
#include "support/plant.h"

// What may go wrong around the daemon while services die. The faults of real commands are in
// os/child_test.cc, those of systemd's bus in os/systemd_bus_test.cc, those of a whole daemon in
// tests/system.

namespace systemcheck::test {
namespace {

using namespace std::chrono_literals;
using testing::Each;
using testing::SizeIs;

/// When each order was given, and for whom.
struct Given {
  Instant at{};
  std::size_t service = 0;
};

class SupervisionFaults : public testing::Test {
 protected:
  SupervisionFaults() {
    plant.on_order = [this](const Order& order) { given.push_back({plant.loop.now(), order.service}); };
  }
  [[nodiscard]] bool is_up(std::size_t index) const { return plant.row(index).state == ServiceState::up; }

  Plant plant{};
  std::vector<Given> given{};
};

/// Two hundred services, each after the one ten places before it.
class TwoHundred : public SupervisionFaults {
 protected:
  static constexpr std::size_t count = 200;

  TwoHundred() {
    for (std::size_t i = 0; i < count; ++i) {
      const auto index = plant.add_command_service("s" + std::to_string(i), Mode::act);
      if (i >= 10) plant.config.services[index].after = {"s" + std::to_string(i - 10)};
    }
  }
  /// All are gone within one look; no pidfd has told of it.
  void all_vanish() {
    for (std::size_t i = 0; i < count; ++i) {
      plant.actuator().service(i).is_up = false;
      plant.processes[i].reset();
    }
  }
  [[nodiscard]] std::size_t orders_within(Instant from, Duration length) const {
    std::size_t orders = 0;
    for (const auto& order : given)
      orders += order.at >= from && order.at < from + length ? 1U : 0U;
    return orders;
  }
  void expect_all_came_back_once() const {
    for (std::size_t i = 0; i < count; ++i) {
      EXPECT_TRUE(is_up(i)) << i << ": " << plant.row(i).reason;
      EXPECT_EQ(plant.row(i).restarts_total, 1U) << i;
    }
  }
};

TEST_F(TwoHundred, ThatFailInOneCycleAllComeBackWithinTheLimitOfTheMachine) {
  plant.start();
  all_vanish();
  plant.run_for(5h);
  expect_all_came_back_once();
  for (const auto& order : given)
    ASSERT_LE(orders_within(order.at, 5min), 6U);
}

TEST_F(TwoHundred, ThatDieTogetherAreTakenForTheMachinesDoingFirst) {
  plant.config.restart_policy.host_limit.restarts = 1000;
  plant.start();
  for (std::size_t i = 0; i < count; ++i)
    plant.kill(i);
  plant.run_for(20s);
  EXPECT_THAT(given, SizeIs(0));
  for (std::size_t i = 0; i < count; ++i) {
    const auto row = plant.row(i);
    EXPECT_EQ(row.deaths_total.at(static_cast<std::size_t>(DeathCause::unknown)), 1U) << i;
    EXPECT_FALSE(row.reason.empty()) << i;
  }
  plant.run_for(30min);
  expect_all_came_back_once();
}

TEST_F(TwoHundred, ComeBackInTheirOrder) {
  plant.config.restart_policy.host_limit = {.restarts = 1000, .per = 5min, .share = 1.0};
  plant.start();
  all_vanish();
  plant.run_for(30min);
  expect_all_came_back_once();
  std::map<std::size_t, Instant> begun;
  for (const auto& order : given)
    begun[order.service] = order.at;
  for (std::size_t i = 10; i < count; ++i) {
    const bool has_waited_too_long = begun[i] - begun[i % 10] >= dependency_wait_max;
    EXPECT_TRUE(has_waited_too_long || begun[i] > begun[i - 10]) << i;
  }
}

TEST_F(TwoHundred, OfWhichSomeNeverStartDelayNoOther) {
  plant.config.restart_policy.host_limit = {.restarts = 1000, .per = 1s, .share = 1.0};
  for (auto& service : plant.config.services)
    service.after.clear();
  plant.start();
  for (std::size_t i = 0; i < count; i += 2)
    plant.actuator().service(i).hangs = true;
  all_vanish();
  plant.run_for(63s);  // A cycle, to see it at all, and what comes up must stay so.
  for (std::size_t i = 1; i < count; i += 2)
    EXPECT_TRUE(is_up(i)) << i;
  for (std::size_t i = 0; i < count; i += 2)
    EXPECT_EQ(plant.row(i).state, ServiceState::restarting) << i;
}

/// The moments of all attempts to start a service that never comes up, for a day.
std::vector<Instant> attempts_of_a_day(const std::vector<std::pair<Duration, Duration>>& steps) {
  Plant plant;
  std::vector<Instant> attempts;
  plant.on_order = [&](const Order&) { attempts.push_back(plant.loop.now()); };
  const auto billing = plant.add_command_service("billing", Mode::act);
  plant.start();
  plant.actuator().service(billing).never_comes_up = true;
  plant.kill(billing);
  Duration passed{};
  for (const auto& [after, step] : steps) {
    plant.run_for(after - passed);
    passed = after;
    plant.loop.jump_wall_clock(step);
  }
  plant.run_for(24h - passed);
  return attempts;
}

TEST(ClockFault, AYearEitherWayChangesNoAttempt) {
  constexpr Duration year = 365 * 24h;
  const auto steady = attempts_of_a_day({});
  ASSERT_GT(steady.size(), 100U);
  EXPECT_EQ(attempts_of_a_day({{7s, year}}), steady);
  EXPECT_EQ(attempts_of_a_day({{7s, -year}}), steady);
  EXPECT_EQ(attempts_of_a_day({{1min, year}, {2min, -2 * year}, {3h, year}}), steady);
}

TEST(ClockFault, AYearEitherWayEndsNoMaintenance) {
  for (const auto step : {Duration(365 * 24h), Duration(-365 * 24h)}) {
    Plant plant;
    const auto billing = plant.add_command_service("billing", Mode::act);
    plant.start();
    ASSERT_TRUE(plant.supervision.claim("billing", {.owner = Owner::maintenance,
                                                    .reason = "new disks",
                                                    .since = plant.loop.now(),
                                                    .until = plant.loop.now() + 2h}));
    plant.kill(billing);
    plant.loop.jump_wall_clock(step);
    plant.run_for(2h - 1s);
    EXPECT_EQ(plant.orders(), 0U);
    plant.run_for(2s);
    EXPECT_EQ(plant.orders(), 1U);
  }
}

class ProbedUnit : public SupervisionFaults {
 protected:
  ProbedUnit() {
    plant.world.prober = &prober;
    apache = plant.add_unit_service("apache2.service", Mode::act);
    plant.config.services[apache].probes = {
        {.kind = ProbeKind::tcp, .target = "127.0.0.1:80", .every = 10s, .failures = 3}};
    name = probe_name(plant.config.services[apache].probes.front());
  }

  FakeProber prober{plant.loop};
  std::size_t apache = 0;
  std::string name{};
};

TEST_F(ProbedUnit, ThatIsActiveAndRefusesIsRestartedAllTheSame) {
  plant.start();
  plant.run_for(1min);
  ASSERT_TRUE(is_up(apache)) << plant.row(apache).reason;
  prober.answer(name, ProbeClass::refused);
  plant.run_for(25s);
  EXPECT_EQ(plant.units.status("apache2.service").active_state, "active");
  EXPECT_THAT(given, SizeIs(0)) << "three times in a row, not once";
  plant.run_for(15s);
  ASSERT_THAT(given, SizeIs(1)) << plant.row(apache).reason;
  EXPECT_EQ(plant.actuator().orders[0].verb, Verb::restart);

  prober.answer(name, ProbeClass::ok);
  plant.run_for(2min);
  EXPECT_TRUE(is_up(apache)) << plant.row(apache).reason;
}

TEST_F(ProbedUnit, ThatGoesOnRefusingIsTriedMoreThoroughlyAndNeverGivenUp) {
  plant.start();
  plant.run_for(1min);
  prober.answer(name, ProbeClass::refused);
  plant.run_for(3h);
  ASSERT_GT(given.size(), 10U);
  EXPECT_EQ(plant.actuator().orders[1].verb, Verb::stop_start);
  EXPECT_TRUE(plant.row(apache).is_at_cap);
  EXPECT_FALSE(is_up(apache));
}

TEST_F(SupervisionFaults, ADeathWhileTheBusIsAwayIsActedUponWhenItIsBack) {
  const auto apache = plant.add_unit_service("apache2.service", Mode::act);
  plant.start();
  plant.units.lose_bus();
  plant.run_for(1s);
  plant.kill(apache);
  plant.run_for(5min);
  EXPECT_THAT(given, SizeIs(0)) << "nobody could say whether somebody has stopped it";
  EXPECT_EQ(plant.row(apache).state, ServiceState::unknown);
  EXPECT_FALSE(plant.row(apache).reason.empty());

  plant.units.find_bus();
  plant.run_for(5s);
  EXPECT_THAT(given, SizeIs(1));
  EXPECT_TRUE(is_up(apache)) << plant.row(apache).reason;
}

TEST_F(SupervisionFaults, AnOutcomeThatIsLostWithTheBusIsAFailureThatIsTriedAgain) {
  const auto apache = plant.add_unit_service("apache2.service", Mode::act);
  plant.start();
  plant.actuator().service(apache).answer = Outcome::Kind::lost;
  plant.actuator().service(apache).detail = "the bus went away";
  plant.kill(apache);
  plant.run_for(1s);
  EXPECT_EQ(plant.row(apache).restart_failures_total, 1U);
  EXPECT_EQ(plant.row(apache).state, ServiceState::waiting);
  plant.actuator().service(apache).answer = Outcome::Kind::succeeded;
  plant.run_for(1min);
  EXPECT_TRUE(is_up(apache));
}

TEST_F(SupervisionFaults, AFailureSaysWhatWasTried) {
  const auto billing = plant.add_command_service("billing", Mode::act);
  plant.start();
  plant.actuator().service(billing).answer = Outcome::Kind::failed;
  plant.actuator().service(billing).exit_code = 7;
  plant.actuator().service(billing).detail = "exit status 7: no such licence";
  plant.kill(billing);
  plant.run_for(1s);
  EXPECT_TRUE(
      plant.journal.says("billing: the restart did not succeed (exit code 7): "
                         "exit status 7: no such licence; what was tried: order 1"));
}

TEST_F(SupervisionFaults, ACommandThatLiesIsSaidToHaveBeenTried) {
  const auto billing = plant.add_command_service("billing", Mode::act);
  plant.start();
  plant.actuator().service(billing).never_comes_up = true;
  plant.kill(billing);
  plant.run_for(31s);
  EXPECT_TRUE(
      plant.journal.says("billing: the restart did not succeed (not up): it was started and did not "
                         "come up; no process of it is running; what was tried: order 1"));
}

}  // namespace
}  // namespace systemcheck::test
