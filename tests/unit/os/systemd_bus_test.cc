#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "os/systemd_bus.h"
#include "support/bus_stranger.h"
#include "support/systemd_bus_fixture.h"

namespace systemcheck::test {
namespace {

using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr const char* manager_path = "/org/freedesktop/systemd1";
constexpr const char* manager_interface = "org.freedesktop.systemd1.Manager";

TEST_F(SystemdBusTest, ReportsEachUnitWhole) {
  connect_and_see();
  const auto& it = seen[web];
  EXPECT_EQ(it.load_state, "loaded");
  EXPECT_EQ(it.sub_state, "running");
  EXPECT_EQ(it.unit_file_state, "enabled");
  EXPECT_EQ(it.result, "success");
  EXPECT_EQ(it.main_pid, 701);
  EXPECT_EQ(it.control_group, "/system.slice/apache2.service");
  EXPECT_EQ(it.active_enter_us, 1'000'000U);
  EXPECT_FALSE(it.stop_job_seen);
  EXPECT_EQ(units->manager(), Manager::running);
}

TEST_F(SystemdBusTest, ReportsWhatStartsAUnitAndWhatStopsWithIt) {
  connect_and_see();
  EXPECT_THAT(seen[web].triggered_by, ElementsAre("on-demand.socket"));
  EXPECT_THAT(seen[web].stopped_with_it, ElementsAre("front.service", "multi-user.target"));
}

TEST_F(SystemdBusTest, ReportsAnotherInvocationAfterEachStart) {
  connect_and_see();
  EXPECT_EQ(seen[web].invocation_id, "5cbd");
  systemd->admin("restart", web);
  run_until([this] { return seen[web].main_pid > 702; });
  EXPECT_EQ(seen[web].invocation_id, "5cbf");
}

TEST_F(SystemdBusTest, ReportsAUnitThatIsNotThere) {
  connect_and_see();
  watch({"nothing.service"});
  run_until([this] { return seen.contains("nothing.service"); });
  EXPECT_EQ(seen["nothing.service"].load_state, "not-found");
}

TEST_F(SystemdBusTest, ReportsUnderTheNameThatWasAskedFor) {
  systemd->add_alias("httpd.service", web);
  connect_and_see();
  watch({"httpd.service"});
  run_until([this] { return seen.contains("httpd.service"); });
  systemd->crash(web);
  wait_for_state("httpd.service", "failed");
}

TEST_F(SystemdBusTest, SeesACrash) {
  connect_and_see();
  systemd->crash(web);
  wait_for_state(web, "failed");
  EXPECT_EQ(seen[web].result, "signal");
  EXPECT_EQ(seen[web].main_pid, 0);
  EXPECT_FALSE(seen[web].stop_job_seen);
  EXPECT_EQ(seen[mail].active_state, "active");
}

TEST_F(SystemdBusTest, SeesSystemdRestartAUnitByItself) {
  connect_and_see();
  systemd->auto_restart(web);
  wait_for_state(web, "activating");
  EXPECT_EQ(seen[web].sub_state, "auto-restart");
  systemd->finish_auto_restart(web);
  run_until([this] { return seen[web].main_pid > 702; });
  EXPECT_EQ(seen[web].active_state, "active");
}

TEST_F(SystemdBusTest, SeesThatTheUnitWasDisabled) {
  connect_and_see();
  systemd->disable(web);
  run_until([this] { return seen[web].unit_file_state == "disabled"; });
}

TEST_F(SystemdBusTest, SeesTheBootEnd) {
  systemd->system_state = "starting";
  connect_and_see();
  EXPECT_EQ(units->manager(), Manager::starting);
  systemd->finish_startup();
  run_until([this] { return units->manager() == Manager::running; });
  EXPECT_THAT(managers, ElementsAre(Manager::starting, Manager::running));
}

TEST_F(SystemdBusTest, SeesTheMachineGoDown) {
  connect_and_see();
  systemd->begin_shutdown();
  run_until([this] { return units->manager() == Manager::stopping; });
  bus.end();
  run_until([this] { return !errors.empty(); });
  EXPECT_EQ(units->manager(), Manager::stopping) << "the bus is stopped too";
}

TEST_F(SystemdBusTest, SeesAShutdownBeingPreparedAndCalledOff) {
  connect_and_see();
  systemd->prepare_for_shutdown(true);
  run_until([this] { return units->manager() == Manager::stopping; });
  systemd->prepare_for_shutdown(false);
  run_until([this] { return units->manager() == Manager::running; });
}

TEST_F(SystemdBusTest, BelievesNobodyButSystemd) {
  connect_and_see();
  Stranger stranger(bus.address(), systemd->client.at(0));
  stranger.send("/org/freedesktop/login1", "org.freedesktop.login1.Manager", "PrepareForShutdown", "b", 1);
  stranger.send(manager_path, manager_interface, "JobNew", "uos", 9, "/org/freedesktop/systemd1/job/9",
                web.c_str());
  stranger.send(manager_path, manager_interface, "JobRemoved", "uoss", 9, "/org/freedesktop/systemd1/job/9",
                web.c_str(), "done");
  const auto calls_before = systemd->calls.size();
  settle();
  EXPECT_EQ(units->manager(), Manager::running);
  EXPECT_EQ(systemd->calls.size(), calls_before + 1) << "only our own question";
  systemd->end_by_itself(web);
  wait_for_state(web, "inactive");
  EXPECT_FALSE(seen[web].stop_job_seen);
}

TEST_F(SystemdBusTest, ReportsOnceThatThereIsNoBus) {
  bus.end();
  connect();
  run_until([this] { return errors.size() == 2; });
  EXPECT_EQ(units->manager(), Manager::absent);
  EXPECT_EQ(errors[0].kind, Error::Kind::not_found);
  EXPECT_THAT(errors[0].message, HasSubstr("no bus to systemd"));
  run_for(SystemdBus::first_retry + milliseconds{100});
  EXPECT_EQ(errors.size(), 2U) << "tried again, and not reported again";
  const auto job = run_job(web, "start");
  ASSERT_FALSE(job);
  EXPECT_EQ(job.error().kind, Error::Kind::refused);
}

TEST_F(SystemdBusTest, ReportsEverythingAnewWhenALostBusIsBack) {
  connect_and_see();
  systemd.reset();
  bus.end();
  run_until([this] { return errors.size() == 2; });
  EXPECT_EQ(units->manager(), Manager::absent);
  seen.clear();
  bus.start();
  systemd = std::make_unique<FakeSystemd>(loop(), bus.address());
  systemd->install(web);
  systemd->install(mail);
  run_until(
      [this] { return seen.contains(web) && seen.contains(mail) && units->manager() == Manager::running; });
  EXPECT_EQ(seen[web].active_state, "active");
  EXPECT_EQ(errors.size(), 2U);
}

TEST_F(SystemdBusTest, FollowsSystemdOffTheBusAndBack) {
  connect_and_see();
  systemd->disappear();
  run_until([this] { return errors.size() == 2 && units->manager() == Manager::absent; });
  EXPECT_THAT(errors[0].message, HasSubstr("systemd is not on the bus"));
  seen.clear();
  systemd->appear();
  run_until([this] { return seen.contains(web) && units->manager() == Manager::running; });
  systemd->crash(web);
  wait_for_state(web, "failed");
}

TEST_F(SystemdBusTest, ReportsNothingToAWatchThatIsGone) {
  connect_and_see();
  history.clear();
  watches.clear();
  systemd->crash(web);
  EXPECT_TRUE(run_job(mail, "restart"));
  EXPECT_TRUE(history.empty());
}

TEST_F(SystemdBusTest, LetsAWatchBeDestroyedInItsOwnReport) {
  connect_and_see();
  int reports = 0;
  Watch own;
  const std::vector<std::string> names{web};
  own = units->watch(names, [&](const Result<UnitStatus>&) {
    ++reports;
    own.cancel();
    stop();
  });
  run();
  systemd->crash(web);
  wait_for_state(web, "failed");
  EXPECT_EQ(reports, 1);
}

}  // namespace
}  // namespace systemcheck::test
