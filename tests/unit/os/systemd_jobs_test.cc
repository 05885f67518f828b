#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "os/systemd_bus.h"
#include "support/systemd_bus_fixture.h"

namespace systemcheck::test {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::Not;

TEST_F(SystemdBusTest, DoesNotTakeAnEndForAStop) {
  connect_and_see();
  systemd->end_by_itself(web);
  wait_for_state(web, "inactive");
  settle();
  EXPECT_FALSE(seen[web].stop_job_seen);
}

TEST_F(SystemdBusTest, SeesThatAPersonHasStoppedIt) {
  connect_and_see();
  systemd->admin("stop", web);
  wait_for_state(web, "inactive");
  settle();
  EXPECT_TRUE(seen[web].stop_job_seen);
  EXPECT_FALSE(seen[mail].stop_job_seen);
  EXPECT_EQ(history[web].front(), "active");
  EXPECT_THAT(history[web], Not(Contains("inactive"))) << "never without the reason";
}

TEST_F(SystemdBusTest, SeesAStopThatWasOverBeforeItsTypeCouldBeAsked) {
  connect_and_see();
  systemd->admin_at_once("stop", web);
  wait_for_state(web, "inactive");
  settle();
  EXPECT_TRUE(seen[web].stop_job_seen);
  EXPECT_THAT(history[web], Not(Contains("inactive"))) << "never without the reason";
}

TEST_F(SystemdBusTest, HoldsAUnitBackUntilItKnowsWhatItsJobWas) {
  connect_and_see();
  units->refresh(web);  // Asked before the job is announced, answered after it was done.
  systemd->admin_at_once("stop", web);
  wait_for_state(web, "inactive");
  EXPECT_TRUE(seen[web].stop_job_seen);
  EXPECT_THAT(history[web], Not(Contains("inactive"))) << "never without the reason";
}

TEST_F(SystemdBusTest, HoldsAUnitBackUntilItKnowsWhichJobIsOurs) {
  connect_and_see();
  systemd->unit(web).jobs_hang = true;
  systemd->hesitates = true;
  std::optional<bool> is_refused;
  units->run_job("nothing.service", "stop", [&](const Status& it) { is_refused = !it; });
  systemd->admin("stop", web);
  run_until(
      [this] { return std::ranges::count(systemd->calls, "Get org.freedesktop.systemd1.Job JobType") == 1; });
  settle(mail);
  EXPECT_EQ(history[web].back(), "active");
  systemd->decide();
  wait_for_state(web, "deactivating");
  EXPECT_TRUE(seen[web].stop_job_seen);
  EXPECT_TRUE(is_refused.value_or(false));
}

TEST_F(SystemdBusTest, DoesNotTakeAFastStartForAStop) {
  connect_and_see();
  systemd->end_by_itself(web);
  systemd->admin_at_once("start", web);
  run_until([this] { return seen[web].main_pid > 702; });
  settle();
  EXPECT_FALSE(seen[web].stop_job_seen);
  systemd->end_by_itself(web);
  wait_for_state(web, "inactive");
  EXPECT_FALSE(seen[web].stop_job_seen);
}

TEST_F(SystemdBusTest, ForgetsTheStopWhenTheUnitIsActiveAgain) {
  connect_and_see();
  systemd->admin("stop", web);
  wait_for_state(web, "inactive");
  systemd->admin("start", web);
  wait_for_state(web, "active");
  settle();
  EXPECT_FALSE(seen[web].stop_job_seen);
}

TEST_F(SystemdBusTest, SeesAStopOfAnAlias) {
  systemd->add_alias("httpd.service", web);
  connect_and_see();
  watches.clear();
  watch({"httpd.service"});
  run_until([this] { return seen.contains("httpd.service"); });
  systemd->admin("stop", "httpd.service");
  wait_for_state("httpd.service", "inactive");
  EXPECT_TRUE(seen["httpd.service"].stop_job_seen);
}

TEST_F(SystemdBusTest, DoesNotTakeARestartByAPersonForAStop) {
  connect_and_see();
  systemd->admin("restart", web);
  run_until([this] { return seen[web].main_pid > 702; });
  settle();
  for (const auto& it : history[web])
    EXPECT_THAT(it, Not(HasSubstr("stopped")));
}

TEST_F(SystemdBusTest, DoesNotTakeOurOwnStopForSomebodyElses) {
  connect_and_see();
  const auto result = run_job(web, "stop");
  EXPECT_TRUE(result);
  wait_for_state(web, "inactive");
  settle();
  for (const auto& it : history[web])
    EXPECT_THAT(it, Not(HasSubstr("stopped")));
}

TEST_F(SystemdBusTest, SeesAStopBySomebodyElseWhileOurOwnJobIsUnderWay) {
  connect_and_see();
  units->run_job(mail, "stop", [](const Status&) {});
  systemd->admin("stop", web);
  wait_for_state(web, "inactive");
  wait_for_state(mail, "inactive");
  settle();
  EXPECT_TRUE(seen[web].stop_job_seen);
  EXPECT_FALSE(seen[mail].stop_job_seen);
}

TEST_F(SystemdBusTest, RunsAJobToItsEnd) {
  connect_and_see();
  systemd->crash(web);
  wait_for_state(web, "failed");
  EXPECT_TRUE(run_job(web, "start"));
  EXPECT_EQ(systemd->unit(web).active_state, "active");
  EXPECT_THAT(systemd->calls, Contains("EnqueueUnitJob apache2.service start replace"));
}

struct FailingJob {
  std::string result{};
  Error::Kind kind = Error::Kind::failed;
  std::string words{};
};

TEST_F(SystemdBusTest, SaysHowAJobEnded) {
  connect_and_see();
  const std::vector<FailingJob> failing{
      {.result = "failed", .kind = Error::Kind::failed, .words = "see journalctl -u apache2.service"},
      {.result = "timeout", .kind = Error::Kind::timed_out, .words = "took longer"},
      {.result = "canceled", .kind = Error::Kind::failed, .words = "cancelled by another job"},
      {.result = "dependency", .kind = Error::Kind::failed, .words = "a unit that it depends on has failed"},
      {.result = "some day", .kind = Error::Kind::failed, .words = "some day"}};
  for (const auto& it : failing) {
    systemd->unit(web).job_result = it.result;
    const auto result = run_job(web, "restart");
    ASSERT_FALSE(result) << it.result;
    EXPECT_EQ(result.error().kind, it.kind) << it.result;
    EXPECT_THAT(result.error().message, HasSubstr("systemctl restart apache2.service"));
    EXPECT_THAT(result.error().message, HasSubstr(it.words));
  }
}

TEST_F(SystemdBusTest, ReportsAJobThatIsRefused) {
  connect_and_see();
  const auto missing = run_job("nothing.service", "start");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().kind, Error::Kind::failed);
  EXPECT_THAT(missing.error().message, HasSubstr("Unit nothing.service not found."));
  systemd->denies = true;
  const auto denied = run_job(web, "start");
  ASSERT_FALSE(denied);
  EXPECT_EQ(denied.error().kind, Error::Kind::denied);
}

TEST_F(SystemdBusTest, RefusesAJobWithANameThatIsNoText) {
  connect_and_see();
  const auto result = run_job("evil\xff.service", "start");
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().kind, Error::Kind::refused);
}

TEST_F(SystemdBusTest, ClearsAFailure) {
  connect_and_see();
  systemd->crash(web);
  wait_for_state(web, "failed");
  std::optional<bool> is_done;
  units->reset_failed(web, [&](const Status& it) { is_done = it.has_value(); });
  wait_for_state(web, "inactive");
  run_until([&] { return is_done.has_value(); });
  EXPECT_TRUE(*is_done);
}

TEST_F(SystemdBusTest, KillsAllThatIsInAUnit) {
  connect_and_see();
  std::optional<bool> is_done;
  units->kill(web, [&](const Status& it) { is_done = it.has_value(); });
  wait_for_state(web, "failed");
  run_until([&] { return is_done.has_value(); });
  EXPECT_TRUE(*is_done);
  EXPECT_NE(std::ranges::find(systemd->calls, "KillUnit " + std::string(web) + " all 9"),
            systemd->calls.end());
}

TEST_F(SystemdBusTest, HoldsOnToAUnitThatWouldBeForgottenUntilItsJobHasEnded) {
  connect_and_see();
  systemd->unit(web).is_transient = true;
  systemd->crash(web);
  wait_for_state(web, "failed");
  std::optional<bool> is_done;
  units->reset_failed(web, [&](const Status&) {
    units->run_job(web, "restart", [&](const Status& it) { is_done = it.has_value(); });
  });
  run_until([&] { return is_done.has_value(); });
  EXPECT_TRUE(*is_done);
  run_until([&] { return systemd->unit(web).references == 0; });
}

TEST_F(SystemdBusTest, MovesAProcessIntoAScope) {
  connect_and_see();
  std::optional<bool> is_done;
  units->adopt(::getpid(), "systemcheck-x.scope", [&](const Status& it) {
    is_done = it.has_value();
    stop();
  });
  run();
  EXPECT_TRUE(*is_done);
  EXPECT_THAT(systemd->calls, Contains("StartTransientUnit systemcheck-x.scope fail"));
}

TEST_F(SystemdBusTest, TellsWhoWaitsForAJobThatTheBusWasLost) {
  connect_and_see();
  systemd->unit(web).jobs_hang = true;
  std::optional<Status> result;
  units->run_job(web, "restart", [&](const Status& it) { result = it; });
  wait_for_state(web, "deactivating");
  bus.end();
  run_until([&] { return result.has_value(); });
  ASSERT_FALSE(*result);
  EXPECT_EQ(result->error().kind, Error::Kind::not_found);
  EXPECT_THAT(result->error().message, HasSubstr("may or may not"));
}

}  // namespace
}  // namespace systemcheck::test
