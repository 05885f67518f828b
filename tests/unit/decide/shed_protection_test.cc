#include "decide/shed_protection.h"

#include <gtest/gtest.h>

#include <vector>

namespace systemcheck {
namespace {

const std::vector<pid_t> own_line{4711, 800, 1};
const std::vector<pid_t> strangers{900, 901};

ShedProtectionFacts ordinary() {
  return {.unit = "web.service", .processes = strangers, .own_line = own_line, .oom_score_adjust = 0};
}

TEST(ShedProtection, IsNotOfAnOrdinaryService) { EXPECT_EQ(shed_protection({}, ordinary()), ""); }

TEST(ShedProtection, IsOfUnitsThatAreNamed) {
  auto facts = ordinary();
  facts.unit = "ssh.service";
  EXPECT_EQ(shed_protection({}, facts), "ssh.service is protected");
  facts.unit = "db.service";
  MemoryRules rules;
  EXPECT_EQ(shed_protection(rules, facts), "");
  rules.protect = {"db.service"};
  EXPECT_EQ(shed_protection(rules, facts), "db.service is protected");
}

TEST(ShedProtection, IsOfWhatWouldTakeAProtectedUnitDownWithIt) {
  auto facts = ordinary();
  const std::vector<std::string> also{"other.service", "rsyslog.service"};
  facts.also_stops = also;
  EXPECT_EQ(shed_protection({}, facts), "stopping it would stop rsyslog.service, too");
}

TEST(ShedProtection, IsOfProgramsUnderAnotherUnit) {
  auto facts = ordinary();
  const std::vector<std::string> programs{"/opt/site/bin/site", "/usr/sbin/sshd"};
  facts.programs = programs;
  EXPECT_EQ(shed_protection({}, facts), "it runs /usr/sbin/sshd");
}

TEST(ShedProtection, IsOfWhatHoldsThisDaemonOrItsParents) {
  for (const pid_t process : {4711, 800}) {
    auto facts = ordinary();
    const std::vector<pid_t> processes{900, process};
    facts.processes = processes;
    EXPECT_EQ(shed_protection({}, facts), "this daemon runs within it");
  }
}

TEST(ShedProtection, IsOfWhatHoldsTheFirstProcess) {
  auto facts = ordinary();
  const std::vector<pid_t> processes{1, 900};
  facts.processes = processes;
  facts.own_line = {};
  EXPECT_EQ(shed_protection({}, facts), "it holds the first process");
}

TEST(ShedProtection, IsOfWhatTheKernelIsToldToSpare) {
  auto facts = ordinary();
  facts.oom_score_adjust = -900;
  EXPECT_EQ(shed_protection({}, facts), "its oom_score_adj is -900");
  facts.oom_score_adjust = -899;
  EXPECT_EQ(shed_protection({}, facts), "");
  facts.oom_score_adjust.reset();
  EXPECT_EQ(shed_protection({}, facts), "");
}

}  // namespace
}  // namespace systemcheck
