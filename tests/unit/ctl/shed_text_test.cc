#include "ctl/shed_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace systemcheck::test {
namespace {

using ::testing::HasSubstr;

constexpr const char* document = R"({"shedding": {
  "mode": "act", "state": "hold", "shortage": "low", "total_bytes": 1073741824, "usable_bytes": 104857600,
  "to_critical_seconds": 4.5, "services": [
    {"name": "reports", "priority": 10, "bytes": 52428800, "is_rehearsed": false, "text": "off: backoff"},
    {"name": "shop", "priority": 20, "bytes": 99, "is_rehearsed": true, "text": "being stopped"}]}})";

TEST(ShedPlan, TellsTheOrderAndWhatStandsAgainstIt) {
  const auto plan = shed_plan(document);
  ASSERT_TRUE(plan) << plan.error().message;
  EXPECT_EQ(plan->status, CheckStatus::critical);
  EXPECT_THAT(plan->text, HasSubstr("memory: 100.0 MiB of 1.0 GiB usable, low; shedding: hold, mode act\n"));
  EXPECT_THAT(plan->text, HasSubstr("critical in 4.5 s"));
  EXPECT_THAT(plan->text, HasSubstr("  1. reports "));
  EXPECT_THAT(plan->text, HasSubstr("off: backoff\n"));
  EXPECT_THAT(plan->text, HasSubstr("would be being stopped\n"));
}

TEST(ShedPlan, SaysThatNothingMayBeTurnedOff) {
  const auto plan = shed_plan(R"({"shedding": {"shortage": "normal", "services": []}})");
  EXPECT_EQ(plan->status, CheckStatus::ok);
  EXPECT_THAT(plan->text, HasSubstr("no service may be turned off"));
}

TEST(ShedPlan, IsAnErrorWhereMemoryIsNotWatched) {
  EXPECT_FALSE(shed_plan(R"({"shedding": null})"));
  EXPECT_FALSE(shed_plan("{}"));
  EXPECT_FALSE(shed_plan("no document"));
  EXPECT_EQ(shed_plan(R"({"error": "no"})").error().message, "no");
}

TEST(ShedPlan, BelievesNoHostileAnswer) {
  const auto plan =
      shed_plan(R"({"shedding": {"shortage": 7, "usable_bytes": -1e300, "services": [7, {"name": [],
    "priority": -1e300, "bytes": 1e300, "text": "\u001b[2J"}]}})");
  ASSERT_TRUE(plan);
  EXPECT_EQ(plan->text.find('\x1b'), std::string::npos);
}

}  // namespace
}  // namespace systemcheck::test
