#include "check/resources.h"

#include <gtest/gtest.h>

namespace systemcheck {
namespace {

using namespace std::chrono_literals;

using Kind = ResourceRule::Kind;

ResourceRule rule(Kind kind, double limit, RuleAction action = RuleAction::alert) {
  return {.kind = kind, .limit = limit, .failed = 1, .of = 1, .action = action};
}

ResourceFinding check_once(const ResourceRule& rule, const ResourceUse& use) {
  std::vector<RuleHistory> history;
  return check_resources({&rule, 1}, use, history);
}

TEST(CheckResources, BreaksARuleInSoManyOfTheLastCycles) {
  auto memory = rule(Kind::memory_above, 1000);
  memory.failed = 2;
  memory.of = 3;
  std::vector<RuleHistory> history;
  const auto check = [&](std::uint64_t bytes) {
    return check_resources({&memory, 1}, {.resident_bytes = bytes}, history).is_broken;
  };
  EXPECT_FALSE(check(1001));
  EXPECT_FALSE(check(10));
  EXPECT_TRUE(check(1001)) << "two of three";
  EXPECT_FALSE(check(10));
  EXPECT_FALSE(check(10)) << "one of three";
}

TEST(CheckResources, KnowsEveryKind) {
  EXPECT_TRUE(check_once(rule(Kind::memory_above, 100), {.resident_bytes = 101}).is_broken);
  EXPECT_TRUE(check_once(rule(Kind::cpu_above, 1.5), {.processors = 1.6}).is_broken);
  EXPECT_TRUE(check_once(rule(Kind::processes_above, 3), {.processes = 4}).is_broken);
  EXPECT_TRUE(check_once(rule(Kind::descriptors_above, 0.9), {.descriptors = 0.95}).is_broken);
  EXPECT_TRUE(check_once(rule(Kind::age_above, 60), {.age = 61s}).is_broken);
}

TEST(CheckResources, TakesTheLimitItselfAndWhatCannotBeToldForFine) {
  EXPECT_FALSE(check_once(rule(Kind::memory_above, 100), {.resident_bytes = 100}).is_broken);
  EXPECT_FALSE(check_once(rule(Kind::descriptors_above, 0), {}).is_broken);
  EXPECT_FALSE(check_once(rule(Kind::age_above, 0), {}).is_broken);
}

TEST(CheckResources, NamesTheRuleThatWantsARestartBeforeOneThatOnlyTells) {
  const std::vector<ResourceRule> rules{rule(Kind::processes_above, 3),
                                        rule(Kind::memory_above, 1024.0 * 1024, RuleAction::restart)};
  std::vector<RuleHistory> history;
  const auto finding = check_resources(rules, {.resident_bytes = 2U << 20U, .processes = 4}, history);
  EXPECT_TRUE(finding.wants_restart);
  EXPECT_EQ(finding.reason, "memory above 1.0 MiB in 1 of the last 1 cycles");
}

}  // namespace
}  // namespace systemcheck
