#include "daemon/shedding.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <numeric>

#include "collect/runlevel.h"
#include "support/fake_host.h"
#include "support/fake_ledger.h"
#include "support/plant.h"
#include "support/utmp_records.h"

namespace systemcheck::test {
namespace {

using namespace std::chrono_literals;

constexpr double mebibyte = 1 << 20;
constexpr double total_bytes = 1000 * mebibyte;

/// A machine of 1,000 MiB: what its services do not use is usable, less what others take.
struct Machine {
  Plant& plant;
  FakeHost& host;
  std::vector<double> sizes{};  ///< MiB, in the order of the services
  double others = 0;            ///< MiB
  bool is_readable = true;

  [[nodiscard]] double usable() const {
    double used = others;
    for (std::size_t i = 0; i < sizes.size(); ++i)
      used += plant.processes[i] ? sizes[i] : 0;
    return 1000 - used;
  }
  int close_looks = 0;
  void set_usable(double mib) { others += usable() - mib; }
  void let_measure() const {
    for (std::size_t i = 0; i < sizes.size(); ++i) {
      if (!plant.processes[i]) continue;
      host.write("/proc/" + std::to_string(plant.processes[i]->pid) + "/smaps_rollup",
                 "Pss_Anon: " + std::to_string(static_cast<int>(sizes[i] * 1024)) + " kB\n");
    }
  }
};

class FakeMemory final : public MemorySource {
 public:
  explicit FakeMemory(Machine& machine) : machine_(machine) {}
  Result<MemorySight> read(Instant now) override {
    ++machine_.close_looks;
    machine_.let_measure();
    if (!machine_.is_readable) return Error{Error::Kind::malformed, "no MemAvailable line"};
    return MemorySight{.taken = now,
                       .total_bytes = total_bytes,
                       .usable_bytes = machine_.usable() * mebibyte,
                       .anonymous_bytes = (1000 - machine_.usable()) * mebibyte};
  }
  std::optional<double> glance() override {
    if (!machine_.is_readable) return std::nullopt;
    return machine_.usable() * mebibyte;
  }
  [[nodiscard]] std::string pressure_file() const override { return "/nowhere"; }

 private:
  Machine& machine_;
};

/// "small" and "large", which may be turned off in this order, and "precious", which may not.
class SheddingTest : public ::testing::Test {
 protected:
  void begin(Mode mode = Mode::act) {
    add("small", 70, 10);
    add("large", 100, 20);
    add("precious", 300, std::nullopt);
    plant.config.memory.mode = mode;
    plant.world.ledger = ledger;
    plant.world.boot_id = "boot";
    begin_daemon();
    plant.start();
    machine.set_usable(500);
    plant.run_for(3min);
  }
  std::size_t add(const std::string& name, double size, std::optional<std::uint32_t> priority) {
    const auto index = plant.add_command_service(name, Mode::act);
    plant.config.services[index].shed_priority = priority;
    machine.sizes.push_back(size);
    return index;
  }
  void begin_daemon() {
    world = std::make_unique<World>(
        World{.loop = plant.loop,
              .units = plant.units,
              .host = host,
              .journal = plant.journal,
              .ledger = ledger,
              .make_memory_source = [this](const MemoryRules&) -> Result<std::unique_ptr<MemorySource>> {
                return std::unique_ptr<MemorySource>(std::make_unique<FakeMemory>(machine));
              },
              .boot_id = "boot"});
    shedding = std::make_unique<Shedding>(*world, plant.supervision, [] {});
    plant.start_veto = [this](const std::string& name) {
      return shedding ? shedding->start_veto(name) : std::string();
    };
    shedding->take_over(std::make_shared<const Config>(plant.config));
  }
  /// Another daemon takes over, as after kill -9.
  void restart_daemon() {
    shedding.reset();
    plant.restart_daemon();
    begin_daemon();
  }
  [[nodiscard]] std::vector<std::string> orders() const {
    std::vector<std::string> words;
    for (const auto& intention : ledger->all<Intention>())
      words.push_back(intention.mode + " " + intention.verb + " " + intention.service);
    return words;
  }
  [[nodiscard]] ShedServiceRow shed_row(std::size_t place) const {
    return shedding->row()->services.at(place);
  }
  using Texts = std::vector<std::string>;

  Plant plant{};
  FakeHost host{};
  Machine machine{plant, host};
  std::shared_ptr<FakeLedger> ledger = std::make_shared<FakeLedger>(plant.loop);
  std::unique_ptr<World> world{};
  std::unique_ptr<Shedding> shedding{};
};

TEST_F(SheddingTest, LooksCloselyNowAndThenWhileThereIsPlenty) {
  begin();
  machine.close_looks = 0;
  plant.run_for(1min);
  EXPECT_GE(machine.close_looks, 5);
  EXPECT_LE(machine.close_looks, 7);
}

TEST_F(SheddingTest, LooksCloselyAsSoonAsThereIsLess) {
  begin();
  plant.run_for(11s);
  machine.close_looks = 0;
  machine.set_usable(480);
  plant.run_for(1s);
  EXPECT_GE(machine.close_looks, 1);
  machine.close_looks = 0;
  machine.set_usable(200);  // More than a warning, and not plenty.
  plant.run_for(20s);
  EXPECT_GE(machine.close_looks, 20);
}

TEST_F(SheddingTest, TurnsOneOffThatIsMarkedAndOnAgainWhenThereIsRoom) {
  begin();
  machine.set_usable(90);
  plant.run_for(15s);
  EXPECT_EQ(orders(), Texts{"act stop small"});
  EXPECT_EQ(plant.row(0).state, ServiceState::held);
  EXPECT_EQ(plant.row(0).owner, Owner::shed);
  EXPECT_EQ(plant.row(0).deaths_total, ServiceRow{}.deaths_total) << "what is turned off has not died";
  EXPECT_FALSE(plant.processes[0]);
  machine.set_usable(600);
  plant.run_for(6min);
  EXPECT_EQ(orders(), (Texts{"act stop small", "act start small"}));
  EXPECT_TRUE(plant.processes[0]);
  EXPECT_EQ(plant.row(0).state, ServiceState::up);
  EXPECT_EQ(plant.row(0).owner, Owner::systemcheck);
  EXPECT_EQ(plant.row(0).restarts_total, 0U) << "that was none";
}

TEST_F(SheddingTest, SoonSeesThatOneThatIsBackGrowsNoMore) {
  begin();
  machine.set_usable(90);
  plant.run_for(20s);
  machine.set_usable(600);
  for (int i = 0; i < 300 && shed_row(0).phase != ShedPhase::warming; ++i)
    plant.run_for(1s);
  ASSERT_EQ(shed_row(0).phase, ShedPhase::warming);
  plant.run_for(45s);
  EXPECT_EQ(shed_row(0).phase, ShedPhase::up) << "the next one has to wait for it";
}

TEST_F(SheddingTest, GoesOnUntilThereIsEnough) {
  begin();
  machine.set_usable(30);
  plant.run_for(30s);
  EXPECT_EQ(orders(), (Texts{"act stop small", "act stop large"}));
  EXPECT_TRUE(plant.processes[2]) << "precious is not marked";
}

TEST_F(SheddingTest, WritesDownWhatItIntendsAndWhatCameOfIt) {
  begin();
  machine.set_usable(90);
  plant.run_for(30s);
  const auto intentions = ledger->all<Intention>();
  ASSERT_EQ(intentions.size(), 1U);
  EXPECT_EQ(intentions[0].owner, "shed");
  EXPECT_NE(intentions[0].reason.find("usable"), std::string::npos) << intentions[0].reason;
  const auto verdicts = ledger->all<ActionVerdict>();
  ASSERT_EQ(verdicts.size(), 1U);
  EXPECT_TRUE(verdicts[0].is_verified);
  EXPECT_EQ(verdicts[0].why, "it is gone");
  const auto row = shed_row(0);
  EXPECT_EQ(row.phase, ShedPhase::shed);
  EXPECT_EQ(std::accumulate(row.sheds_total.begin(), row.sheds_total.end(), 0U), 1U);
  EXPECT_NEAR(row.returned_bytes / mebibyte, 70, 1);
  EXPECT_NEAR(row.predicted_bytes / mebibyte, 70, 1);
  EXPECT_GT(row.off_seconds_total, 10);
}

TEST_F(SheddingTest, ReportsItsWordsBeforeItActs) {
  begin();
  machine.set_usable(90);
  std::string remembered;
  plant.on_order = [&](const Order&) { remembered = ledger->remembered["shed/small"]; };
  plant.run_for(15s);
  EXPECT_NE(remembered.find("stopping"), std::string::npos) << remembered;
}

TEST_F(SheddingTest, OnlyTellsWhatItWouldDoWhereItObserves) {
  begin(Mode::observe);
  machine.set_usable(90);
  plant.run_for(30s);
  EXPECT_EQ(orders(), Texts{"observe stop small"});
  EXPECT_TRUE(plant.processes[0]);
  EXPECT_EQ(plant.row(0).state, ServiceState::up);
  EXPECT_TRUE(shed_row(0).is_rehearsed);
  EXPECT_TRUE(ledger->remembered["shed/small"].empty() || ledger->remembered["shed/small"] == "{}");
}

TEST_F(SheddingTest, StartsNothingIntoAShortageThatMayBeTurnedOff) {
  begin();
  machine.set_usable(90);
  plant.run_for(15s);
  plant.kill(1);
  plant.run_for(20s);
  EXPECT_FALSE(plant.processes[1]) << "a restart would make things worse";
  EXPECT_EQ(plant.row(1).owner, Owner::shed);
  EXPECT_EQ(orders(), Texts{"act stop small"});
  machine.set_usable(700);
  plant.run_for(10min);
  EXPECT_TRUE(plant.processes[1]);
}

TEST_F(SheddingTest, KillsWhatDoesNotStop) {
  begin();
  plant.actuator().service(0).hangs = true;
  plant.on_order = [this](const Order& order) {
    plant.actuator().service(0).hangs = order.verb != Verb::kill;
  };
  machine.set_usable(90);
  plant.run_for(40s);
  EXPECT_FALSE(plant.processes[0]);
  EXPECT_EQ(orders(), (Texts{"act stop small", "act kill small"}));
}

class KilledDaemon : public SheddingTest, public ::testing::WithParamInterface<std::chrono::milliseconds> {};

TEST_P(KilledDaemon, LeavesNothingOffForEver) {
  begin();
  machine.set_usable(90);
  plant.run_for(GetParam());
  restart_daemon();
  plant.run_for(1min);
  EXPECT_FALSE(plant.processes[0]);
  EXPECT_EQ(plant.row(0).owner, Owner::shed);
  machine.set_usable(600);
  plant.run_for(10min);
  EXPECT_TRUE(plant.processes[0]);
  EXPECT_EQ(plant.row(0).owner, Owner::systemcheck);
}

// About when it is decided, ordered, seen to be gone, measured, and off.
INSTANTIATE_TEST_SUITE_P(AtEachStep, KilledDaemon,
                         ::testing::Values(9'000ms, 10'020ms, 10'060ms, 10'120ms, 10'500ms, 11'000ms,
                                           12'000ms, 13'000ms, 20'000ms, 60'000ms),
                         [](const auto& moment) {
                           return "After" + std::to_string(moment.param.count()) + "ms";
                         });

/// The first to be turned off is run by systemd, and a socket and a timer start it on demand.
class SheddingOfUnits : public SheddingTest {
 protected:
  void SetUp() override {
    const auto index = plant.add_unit_service("web.service", Mode::act);
    plant.config.services[index].shed_priority = 5;
    machine.sizes.push_back(70);
    plant.units.change("web.service", [](UnitStatus& it) {
      it.triggered_by = {"web.socket", "web.timer"};
      it.unit_file_state = "static";
    });
    plant.units.install("web.socket");
    plant.units.install("web.timer");
  }
};

TEST_F(SheddingOfUnits, WhatStartsItOnDemandGoesAndComesWithIt) {
  begin();
  std::vector<Order> given;
  plant.on_order = [&](const Order& order) { given.push_back(order); };
  machine.set_usable(90);
  plant.run_for(20s);
  ASSERT_EQ(given.size(), 1U);
  EXPECT_EQ(given[0].verb, Verb::stop);
  EXPECT_EQ(given[0].triggers, (Texts{"web.socket", "web.timer"}));
  machine.set_usable(600);
  plant.run_for(6min);
  ASSERT_EQ(given.size(), 2U);
  EXPECT_EQ(given[1].verb, Verb::start) << "a restart would leave them off";
  EXPECT_EQ(given[1].triggers, (Texts{"web.socket", "web.timer"}));
}

TEST_F(SheddingOfUnits, OneThatWouldTakeTheLogAlongByWayOfAnotherIsLeftAlone) {
  plant.units.install("between.service");
  plant.units.change("web.service", [](UnitStatus& it) { it.stopped_with_it = {"between.service"}; });
  plant.units.change("between.service", [](UnitStatus& it) { it.stopped_with_it = {"rsyslog.service"}; });
  begin();
  machine.set_usable(90);
  plant.run_for(20s);
  EXPECT_EQ(orders(), Texts{"act stop small"});
  const auto tells = [](const std::string& line) {
    return line.find("would stop rsyslog.service, too") != std::string::npos;
  };
  EXPECT_EQ(std::ranges::count_if(plant.journal.lines, tells), 1) << "said once";
}

TEST_F(SheddingOfUnits, WhatAnEarlierDaemonTurnedOffIsNotTakenForAnAdministrators) {
  begin();
  machine.set_usable(90);
  plant.run_for(20s);
  restart_daemon();
  plant.run_for(1min);
  EXPECT_EQ(plant.row(0).state, ServiceState::held);
  EXPECT_EQ(plant.row(0).owner, Owner::shed);
  plant.actuator().service(0).answer = Outcome::Kind::failed;
  machine.set_usable(600);
  plant.run_for(3min);
  plant.actuator().service(0).answer = Outcome::Kind::succeeded;
  plant.run_for(3min);
  EXPECT_TRUE(plant.processes[0]) << "a start that fails is tried again";
}

TEST_F(SheddingTest, WhomAnAdministratorStopsIsHis) {
  begin();
  machine.set_usable(90);
  plant.run_for(20s);
  (void)plant.supervision.claim("small",
                                {.owner = Owner::admin, .reason = "it was stopped", .asked_by = "root"});
  machine.set_usable(600);
  plant.run_for(20min);
  EXPECT_FALSE(plant.processes[0]);
  EXPECT_EQ(plant.row(0).owner, Owner::admin);
}

TEST_F(SheddingTest, WhatAPersonStartsMeanwhileIsLeftAlone) {
  begin();
  machine.set_usable(120);
  plant.run_for(3s);
  machine.set_usable(90);
  plant.run_for(25s);
  ASSERT_FALSE(plant.processes[0]);
  (void)plant.supervision.order("small", Demand::start, "root", [](const DemandEnd&) {});
  plant.run_for(30s);
  EXPECT_TRUE(plant.processes[0]);
  EXPECT_EQ(plant.row(0).owner, Owner::systemcheck);
}

TEST_F(SheddingTest, DoesNothingUponAReadingThatIsNone) {
  begin();
  machine.set_usable(20);
  machine.is_readable = false;
  plant.run_for(1min);
  EXPECT_EQ(orders(), Texts{});
  EXPECT_EQ(shedding->row()->state, ShedState::blind);
}

TEST_F(SheddingTest, LeavesAStartThatFailsToTheRestartPolicy) {
  begin();
  machine.set_usable(90);
  plant.run_for(20s);
  plant.actuator().service(0).answer = Outcome::Kind::failed;
  machine.set_usable(600);
  plant.run_for(3min);
  EXPECT_EQ(plant.row(0).owner, Owner::systemcheck);
  EXPECT_EQ(shed_row(0).failed_restores_total, 1U);
  plant.actuator().service(0).answer = Outcome::Kind::succeeded;
  plant.run_for(3min);
  EXPECT_TRUE(plant.processes[0]);
  EXPECT_GT(plant.row(0).restarts_total, 0U);
}

TEST_F(SheddingTest, OnlyTellsWhatItWouldDoFromWhenItsModeIsSetToThat) {
  begin();
  shedding->set_mode(Mode::observe);
  machine.set_usable(90);
  plant.run_for(30s);
  EXPECT_TRUE(plant.processes[0]);
  EXPECT_EQ(shedding->row()->mode, Mode::observe);
  shedding->set_mode(Mode::act);
  plant.run_for(30s);
  EXPECT_FALSE(plant.processes[0]);
}

TEST_F(SheddingTest, StartsWhatFitsBeforeTheDaemonEnds) {
  begin();
  machine.set_usable(90);
  plant.run_for(20s);
  machine.set_usable(600);
  bool is_done = false;
  shedding->wind_down([&] { is_done = true; });
  EXPECT_FALSE(is_done);
  plant.run_for(5s);
  EXPECT_TRUE(is_done);
  EXPECT_TRUE(plant.processes[0]);
}

TEST_F(SheddingTest, SeesAStartThroughThatIsUnderWayWhenTheDaemonEnds) {
  begin();
  machine.set_usable(90);
  plant.run_for(20s);
  plant.actuator().service(0).command_takes = 5s;
  machine.set_usable(600);
  while (!plant.supervision.is_turning_on())
    plant.run_for(100ms);
  bool is_done = false;
  shedding->wind_down([&] { is_done = true; });
  EXPECT_FALSE(is_done);
  plant.run_for(10s);
  EXPECT_TRUE(is_done);
  EXPECT_TRUE(plant.processes[0]);
}

TEST_F(SheddingTest, LeavesWhatDoesNotFitWhenTheDaemonEnds) {
  begin();
  machine.set_usable(90);
  plant.run_for(20s);
  bool is_done = false;
  shedding->wind_down([&] { is_done = true; });
  EXPECT_TRUE(is_done);
  EXPECT_FALSE(plant.processes[0]);
}

TEST_F(SheddingTest, StartsNothingWhileTheRunlevelSaysThatTheMachineGoesDown) {
  plant.world.own_host = &host;
  plant.units.lose_bus();
  begin();
  machine.set_usable(90);
  plant.run_for(20s);
  ASSERT_FALSE(plant.processes[0]);
  host.write(utmp_path, runlevel_record('6'));
  machine.set_usable(600);
  plant.run_for(30min);
  EXPECT_FALSE(plant.processes[0]);
  bool is_done = false;
  shedding->wind_down([&] { is_done = true; });
  EXPECT_TRUE(is_done);
  EXPECT_FALSE(plant.processes[0]);
}

TEST_F(SheddingTest, StartsNothingAtItsOwnEndWhereTheMachineGoesDown) {
  plant.world.own_host = &host;
  plant.units.lose_bus();
  begin();
  machine.set_usable(90);
  plant.run_for(20s);
  machine.set_usable(600);
  host.write(utmp_path, runlevel_record('0'));
  bool is_done = false;
  shedding->wind_down([&] { is_done = true; });
  EXPECT_TRUE(is_done);
  EXPECT_FALSE(plant.processes[0]);
}

TEST_F(SheddingTest, StartsAgainWhatIsOffWhenTheShutdownIsCalledOff) {
  plant.world.own_host = &host;
  plant.units.lose_bus();
  begin();
  machine.set_usable(90);
  plant.run_for(20s);
  host.write(utmp_path, runlevel_record('6'));
  machine.set_usable(600);
  plant.run_for(30min);
  ASSERT_FALSE(plant.processes[0]);
  host.write(utmp_path, runlevel_record('2'));
  plant.run_for(30min);
  EXPECT_TRUE(plant.processes[0]);
}

TEST_F(SheddingTest, NothingIsDoneWhileTheKillSwitchIsThere) {
  begin();
  plant.supervision.see_surroundings(PackageTransaction{}, KillSwitch{.reason = "/run/off exists"},
                                     plant.loop.now());
  machine.set_usable(30);
  plant.run_for(1min);
  EXPECT_EQ(orders(), Texts{});
}

TEST_F(SheddingTest, CountsHowLateItLooks) {
  begin();
  const auto row = *shedding->row();
  EXPECT_GT(row.looks, 100U);
  EXPECT_EQ(row.late_within.front(), row.looks) << "virtual time is never late";
}

}  // namespace
}  // namespace systemcheck::test
