#include "os/unit_words.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>

namespace systemcheck::test {
namespace {

TEST(ParseUnitStatus, TakesMissingAndMistypedPropertiesForNothing) {
  BusMessage message;
  message.properties["ActiveState"] = std::uint64_t{1};
  message.properties["MainPID"] = std::uint64_t{1} << 40;
  message.properties["TriggeredBy"] = std::string("a.socket");
  const auto status = parse_unit_status("x.service", message);
  EXPECT_EQ(status.name, "x.service");
  EXPECT_EQ(status.active_state, "");
  EXPECT_EQ(status.main_pid, 0);
  EXPECT_TRUE(status.triggered_by.empty());
}

TEST(ParseUnitId, IsTheNameAskedForWhereSystemdSaysNone) {
  BusMessage message;
  EXPECT_EQ(parse_unit_id("sshd.service", message), "sshd.service");
  message.properties["Id"] = std::string("ssh.service");
  EXPECT_EQ(parse_unit_id("sshd.service", message), "ssh.service");
}

TEST(ParseSystemState, KnowsEveryWordOfSystemd) {
  EXPECT_EQ(parse_system_state("initializing"), Manager::starting);
  EXPECT_EQ(parse_system_state("starting"), Manager::starting);
  EXPECT_EQ(parse_system_state("running"), Manager::running);
  EXPECT_EQ(parse_system_state("degraded"), Manager::running);
  EXPECT_EQ(parse_system_state("maintenance"), Manager::running);
  EXPECT_EQ(parse_system_state("stopping"), Manager::stopping);
  EXPECT_EQ(parse_system_state("offline"), Manager::absent);
  EXPECT_EQ(parse_system_state("unknown"), Manager::absent);
}

TEST(ParseJobResult, IsGoodOnlyWhenDone) {
  EXPECT_TRUE(parse_job_result("x.service", "start", "done"));
  for (const auto* bad : {"failed", "timeout", "canceled", "dependency", "skipped", "invalid", "assert",
                          "unsupported", "collected", "once", "", "new in systemd 999"}) {
    EXPECT_FALSE(parse_job_result("x.service", "start", bad)) << bad;
  }
}

TEST(ParseJobResult, SaysThatNothingWasDoneWhereNothingWas) {
  EXPECT_EQ(parse_job_result("x.service", "start", "invalid").error().kind, Error::Kind::refused);
  EXPECT_EQ(parse_job_result("x.service", "start", "timeout").error().kind, Error::Kind::timed_out);
  EXPECT_EQ(parse_job_result("x.service", "start", "failed").error().message,
            "systemctl start x.service failed; see journalctl -u x.service");
}

}  // namespace
}  // namespace systemcheck::test
