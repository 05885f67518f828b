#include "ctl/command_text.h"

#include <gtest/gtest.h>

namespace systemcheck {
namespace {

TEST(CommandText, MakesALineOfWhatWasTyped) {
  EXPECT_EQ(*command_question({.command = "restart", .target = "web"}), "restart web");
  EXPECT_EQ(*command_question(
                {.command = "maintenance", .target = "all", .length = "2h", .reason = "new disks --for you"}),
            "maintenance all --for 2h --reason new disks --for you");
}

TEST(CommandText, RefusesWordsThatWouldBreakTheLine) {
  for (const auto* target : {"", "a b", "a\nstop b", "--all"})
    EXPECT_FALSE(command_question({.command = "stop", .target = target})) << target;
  const CommandWords good{.command = "maintenance", .target = "web", .length = "2h", .reason = "disks"};
  auto words = good;
  words.reason = "disks\nstop web";
  EXPECT_FALSE(command_question(words));
  words.reason = std::string(600, 'x');
  EXPECT_FALSE(command_question(words));
  words = good;
  words.length = "2 hours";
  EXPECT_FALSE(command_question(words));
  EXPECT_TRUE(command_question(good));
}

TEST(CommandText, TellsOfEachServiceAndHowBadItIs) {
  const auto report = command_report(
      R"({"command": "restart", "status": "critical", "services": [
          {"name": "web", "result": "verified", "took_seconds": 1.5, "detail": "it is up: 5 processes"},
          {"name": "mail", "result": "refused", "took_seconds": 0, "detail": "an order for it is in flight"}]})");
  ASSERT_TRUE(report);
  EXPECT_EQ(report->status, CheckStatus::critical);
  EXPECT_EQ(report->text,
            "web: restart: verified after 1.5 s: it is up: 5 processes\n"
            "mail: restart: refused: an order for it is in flight\n");
}

TEST(CommandText, PassesTheDaemonsErrorOn) {
  const auto report = command_report(R"({"error": "only root and the group systemcheck may give orders"})");
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().message, "only root and the group systemcheck may give orders");
  EXPECT_FALSE(command_report("no document"));
}

TEST(CommandText, SurvivesWhatIsNotAsItShouldBe) {
  const auto report =
      command_report(R"({"status": 7, "services": [1, {"name": [], "took_seconds": 1e300}]})");
  ASSERT_TRUE(report);
  EXPECT_EQ(report->status, CheckStatus::unknown);
  EXPECT_TRUE(command_report("{}"));
}

}  // namespace
}  // namespace systemcheck
