#include "daemon/daemon.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "daemon/once.h"
#include "support/collecting_journal.h"
#include "support/fake_actuator.h"
#include "support/fake_host.h"
#include "support/fake_loop.h"
#include "support/fake_units.h"

namespace systemcheck::test {
namespace {

using namespace std::chrono_literals;
using Json = nlohmann::json;

/// A machine and its daemon, in one virtual time.
class Machine {
 public:
  struct Host final : FakeHost {
    explicit Host(FakeLoop& loop) : loop_(loop) {}
    Instant now() override { return loop_.now(); }
    FakeLoop& loop_;
  };

  static Service billing() {
    Service service;
    service.name = "billing";
    service.mode = Mode::act;
    service.match.executables = {"/opt/billing"};
    service.start = {"/opt/billing-start"};
    return service;
  }

  void run_billing() {
    host.write("/opt/billing", "");
    host.add_process({.pid = 4711, .cmdline = "/opt/billing", .executable = "/opt/billing"});
  }

  Machine() {
    host.add_process({.pid = 1, .parent = 0, .cmdline = "/sbin/init", .executable = "/sbin/init"});
  }

  static Loaded loaded(Config config, std::vector<Problem> problems = {}) {
    return {.config = std::move(config), .problems = std::move(problems)};
  }

  [[nodiscard]] std::shared_ptr<const View> view() const { return board.newest(); }

  Json ask(const std::string& request, const Peer& peer = {.user = 0, .is_trusted = true}) {
    std::optional<std::string> answer;
    EXPECT_TRUE(daemon.commands()(request, peer, [&](std::string text) { answer = std::move(text); }));
    loop.run_until([&] { return answer.has_value(); }, 1min);
    return Json::parse(answer.value_or("{}"));
  }

  FakeLoop loop{};
  FakeUnits units{loop};
  Host host{loop};
  CollectingJournal journal{};
  Board<View> board{};
  Daemon daemon{
      World{.loop = loop,
            .units = units,
            .host = host,
            .journal = journal,
            .make_actuator =
                [this](const std::vector<ServiceControl>&) { return std::make_unique<FakeActuator>(loop); },
            .draw_jitter = [] { return 0.0; }},
      board, "1.2.3"};
};

Config config_with(std::vector<Service> services) {
  Config config;
  config.services = std::move(services);
  return config;
}

TEST(Daemon, PublishesTheFirstCycleAtOnce) {
  Machine machine;
  machine.run_billing();
  machine.daemon.start(config_with({Machine::billing()}));
  machine.loop.run_for(1s);
  const auto view = machine.view();
  EXPECT_EQ(view->snapshot->cycle, 1U);
  ASSERT_EQ(view->services.size(), 1U);
  EXPECT_EQ(view->services[0].state, ServiceState::up);
  EXPECT_EQ(view->services[0].processes, 1U);
  EXPECT_EQ(view->daemon.version, "1.2.3");
  EXPECT_EQ(view->status, CheckStatus::ok);
}

TEST(Daemon, StaysOnItsBeat) {
  Machine machine;
  machine.daemon.start(config_with({}));
  machine.loop.run_for(10min + 1s);
  EXPECT_EQ(machine.view()->daemon.cycles_total, 11U);
  EXPECT_EQ(machine.view()->daemon.cycle_overruns_total, 0U);
}

TEST(Daemon, CountsACollectorThatHangsAndCallsItsServicesUnknown) {
  Machine machine;
  machine.run_billing();
  machine.daemon.start(config_with({Machine::billing()}));
  machine.loop.run_for(1s);
  machine.loop.hold_aside();
  machine.loop.run_for(10min);
  EXPECT_GE(machine.view()->daemon.cycle_overruns_total, 8U);
  EXPECT_EQ(machine.view()->services[0].state, ServiceState::unknown);
  machine.loop.release_aside();
  machine.loop.run_for(2min);
  EXPECT_EQ(machine.view()->services[0].state, ServiceState::up);
}

TEST(Daemon, LooksOnceForAllThatDieTogether) {
  Machine machine;
  std::vector<Service> services;
  for (const pid_t pid : {101, 102, 103}) {
    auto service = Machine::billing();
    service.name += std::to_string(pid);
    service.match.executables = {"/opt/" + service.name};
    machine.host.add_process({.pid = pid, .executable = "/opt/" + service.name});
    services.push_back(std::move(service));
  }
  machine.host.remove("/proc/sys/kernel/ns_last_pid");  // Each look lists all processes then.
  machine.daemon.start(config_with(std::move(services)));
  machine.loop.run_for(1s);
  machine.host.reset_counts();
  for (const auto& service : machine.view()->services) {
    machine.host.end_process(service.main->pid);
    machine.loop.end_process(*service.main);
  }
  machine.loop.settle();
  EXPECT_EQ(machine.host.counts.lists, 1U);
  machine.loop.run_for(1s);
  for (const auto& service : machine.view()->services)
    EXPECT_NE(service.state, ServiceState::up) << service.name;
}

TEST(Daemon, PostsAtMostTenTimesASecond) {
  Machine machine;
  machine.run_billing();
  machine.daemon.start(config_with({Machine::billing()}));
  machine.loop.run_for(1s);
  int posts = 0;
  machine.daemon.on_post([&] { ++posts; });
  for (int i = 0; i < 1000; ++i) {
    machine.daemon.note_failed_reload("again\n");
    machine.loop.run_for(1ms);
  }
  EXPECT_LE(posts, 11);
  EXPECT_GE(posts, 9);
}

TEST(Daemon, KeepsTheOldConfigurationWhenTheNewOneIsBad) {
  Machine machine;
  machine.run_billing();
  machine.daemon.start(config_with({Machine::billing()}));
  machine.loop.run_for(1s);
  machine.daemon.reload(
      Machine::loaded({}, {{.file = "x.yaml", .line = 3, .column = 1, .message = "unknown key 'cycel'"}}));
  machine.loop.run_for(1s);
  EXPECT_FALSE(machine.view()->daemon.config_reload_ok);
  EXPECT_EQ(machine.view()->services.size(), 1U);
  EXPECT_TRUE(machine.journal.says("x.yaml:3:1: unknown key 'cycel'"));
}

TEST(Daemon, TakesOverANewConfigurationAtOnce) {
  Machine machine;
  machine.run_billing();
  machine.daemon.start(config_with({}));
  machine.loop.run_for(1s);
  auto config = config_with({Machine::billing()});
  config.cycle = 10s;
  machine.daemon.reload(Machine::loaded(config));
  machine.loop.run_for(1s);
  EXPECT_TRUE(machine.view()->daemon.config_reload_ok);
  ASSERT_EQ(machine.view()->services.size(), 1U);
  EXPECT_EQ(machine.view()->services[0].state, ServiceState::up);
  EXPECT_EQ(machine.view()->daemon.cycle_interval, 10s);
}

TEST(Daemon, DropsWhatWasCollectedForServicesThatAreNoMore) {
  Machine machine;
  machine.run_billing();
  machine.loop.hold_aside();
  machine.daemon.start(config_with({}));
  machine.daemon.reload(Machine::loaded(config_with({Machine::billing()})));
  machine.loop.release_aside();
  machine.loop.run_for(1s);
  ASSERT_EQ(machine.view()->services.size(), 1U);
  EXPECT_EQ(machine.view()->services[0].state, ServiceState::up);
}

TEST(Daemon, WaitsWithAReloadUntilNoRestartIsInFlight) {
  Machine machine;
  machine.run_billing();
  machine.daemon.start(config_with({Machine::billing()}));
  machine.loop.run_for(1s);
  machine.host.end_process(4711);
  machine.loop.end_process({.pid = 4711, .start_ticks = 1000});
  machine.loop.run_for(5ms);
  ASSERT_EQ(machine.view()->services.size(), 1U);
  machine.daemon.reload(Machine::loaded(config_with({})));
  EXPECT_FALSE(machine.journal.says("the new configuration is in force"));
  machine.loop.run_for(1s);
  EXPECT_TRUE(machine.journal.says("the new configuration is in force"));
}

TEST(Daemon, MakesACycleWhenSomebodyAsksForOne) {
  Machine machine;
  machine.run_billing();
  machine.daemon.start(config_with({Machine::billing()}));
  machine.loop.run_for(10s);
  EXPECT_EQ(machine.view()->snapshot->cycle, 1U);
  machine.host.add_process({.pid = 4712, .cmdline = "/opt/other", .executable = "/opt/other"});
  const auto answer = machine.ask("check");
  EXPECT_EQ(answer["cycle"], 2);
  EXPECT_EQ(answer["processes"]["total"], 3) << "as it is now";
  machine.loop.run_for(1min + 1s);
  EXPECT_EQ(machine.view()->snapshot->cycle, 3U) << "and the beat goes on from there";
}

TEST(Daemon, CannotBeKeptBusyByAsking) {
  Machine machine;
  machine.daemon.start(config_with({}));
  machine.loop.run_for(10s);
  EXPECT_EQ(machine.ask("check")["cycle"], 2);
  EXPECT_EQ(machine.ask("check")["error"], "somebody has asked for a cycle within the last 3.0 s");
  machine.loop.run_for(3s);
  EXPECT_EQ(machine.ask("check")["cycle"], 3);
}

TEST(Daemon, TakesOrdersOnlyFromThoseWhoMayGiveThem) {
  Machine machine;
  machine.daemon.start(config_with({}));
  machine.loop.run_for(10s);
  for (const auto* request : {"check", "reload", "shed mode observe", "shed restore", "shed"}) {
    EXPECT_EQ(machine.ask(request, {.user = 1000})["error"],
              "only root and the group systemcheck may give orders");
  }
  EXPECT_EQ(machine.ask("check now")["error"], "check takes no name");
  EXPECT_EQ(machine.ask("shed mode observe")["error"], "the daemon does not watch memory");
}

TEST(Daemon, TellsWhoAsksWhatAReloadHasChanged) {
  Machine machine;
  machine.daemon.start(config_with({Machine::billing()}));
  auto other = Machine::billing();
  other.name = "other";
  auto changed = config_with({other});
  changed.cycle = 30s;
  changed.http.listen = {"127.0.0.1:1"};
  machine.daemon.on_reload_asked([&] { machine.daemon.reload(Machine::loaded(changed)); });
  const auto answer = machine.ask("reload");
  EXPECT_EQ(answer["result"], "in force");
  EXPECT_EQ(answer["status"], "warning") << "a part of it is not";
  EXPECT_EQ(answer["needs_restart"], Json{"http"});
  std::string changes;
  for (const auto& change : answer["changed"])
    changes += change["name"].get<std::string>() + " " + change["change"].get<std::string>() + ", ";
  EXPECT_EQ(changes, "cycle changed, http changed, services.other added, services.billing removed, ");
  EXPECT_EQ(machine.ask("reload")["result"], "unchanged");
}

TEST(Daemon, TellsWhoAsksEveryProblemOfTheConfiguration) {
  Machine machine;
  machine.daemon.start(config_with({Machine::billing()}));
  machine.daemon.on_reload_asked([&] {
    machine.daemon.reload(Machine::loaded({}, {{.message = "cycle: no"}, {.message = "mode: what?"}}));
  });
  const auto answer = machine.ask("reload");
  EXPECT_EQ(answer["result"], "refused");
  EXPECT_EQ(answer["status"], "critical");
  EXPECT_EQ(answer["problems"].size(), 2U);
  EXPECT_NE(answer["problems"][1].get<std::string>().find("mode: what?"), std::string::npos);
  EXPECT_EQ(machine.view()->services.size(), 1U) << "the old one stays in force";
}

TEST(Daemon, HidesPresetsThatAreNotHere) {
  Machine machine;
  auto preset = Machine::billing();
  preset.is_discovered = true;
  preset.mode = Mode::observe;
  machine.daemon.start(config_with({preset}));
  machine.loop.run_for(1s);
  EXPECT_TRUE(machine.view()->services.empty());
  machine.run_billing();
  machine.loop.run_for(1min);
  EXPECT_EQ(machine.view()->services.size(), 1U);
}

TEST(OnlyObserving, LowersEveryModeAndRaisesNone) {
  auto config = config_with({Machine::billing(), Machine::billing()});
  config.services[1].mode = Mode::disabled;
  config.mode = Mode::act;
  config = only_observing(config);
  EXPECT_EQ(config.mode, Mode::observe);
  EXPECT_EQ(config.services[0].mode, Mode::observe);
  EXPECT_EQ(config.services[1].mode, Mode::disabled);
}

}  // namespace
}  // namespace systemcheck::test
