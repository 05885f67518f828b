#pragma once

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "os/systemd_bus.h"
#include "support/fake_systemd.h"
#include "support/private_bus.h"
#include "support/real_loop.h"

namespace systemcheck::test {

inline const std::string web = "apache2.service";
inline const std::string mail = "sendmail.service";

/// systemd on a bus of the test's own, and us watching two units of it.
class SystemdBusTest : public RealLoopTest {
 protected:
  void SetUp() override {
    if (!bus.is_running()) GTEST_SKIP() << "no dbus-daemon here";
    systemd = std::make_unique<FakeSystemd>(loop(), bus.address());
    systemd->install(web);
    systemd->install(mail);
  }
  void TearDown() override {
    watches.clear();
    units.reset();
    systemd.reset();
  }
  void connect() {
    units = SystemdBus::make(loop(), bus.address());
    watch({web, mail});
    watches.push_back(units->on_manager([this](Manager it) { managers.push_back(it); }));
  }
  void watch(const std::vector<std::string>& names) {
    watches.push_back(units->watch(names, [this](const Result<UnitStatus>& it) { note(it); }));
  }
  void connect_and_see() {
    connect();
    run_until(
        [this] { return seen.contains(web) && seen.contains(mail) && units->manager() != Manager::absent; });
    ASSERT_EQ(seen[web].active_state, "active");
  }
  void note(const Result<UnitStatus>& it) {
    if (!it) return errors.push_back(it.error());
    seen[it->name] = *it;
    history[it->name].push_back(it->active_state + (it->stop_job_seen ? " stopped" : ""));
  }
  void wait_for_state(const std::string& name, const std::string& state) {
    run_until([&] { return seen[name].active_state == state; });
  }
  /// Until everything that is on the bus now has come to us: answers keep the order of the questions.
  void settle(const std::string& unit = web) {
    const auto before = history[unit].size();
    units->refresh(unit);
    run_until([&] { return history[unit].size() > before; });
  }
  Status run_job(const std::string& unit, const std::string& verb) {
    std::optional<Status> result;
    units->run_job(unit, verb, [&](const Status& it) {
      result = it;
      stop();
    });
    EXPECT_FALSE(result) << "never inside the call";
    run();
    return *result;
  }

  PrivateBus bus{};
  std::unique_ptr<FakeSystemd> systemd{};
  std::unique_ptr<SystemdBus> units{};
  std::vector<Watch> watches{};
  std::map<std::string, UnitStatus> seen{};
  std::map<std::string, std::vector<std::string>> history{};
  std::vector<Error> errors{};
  std::vector<Manager> managers{};
};

}  // namespace systemcheck::test
