#include "ctl/status_table.h"

#include <gtest/gtest.h>

#include <string>

#include "base/text.h"

namespace systemcheck::test {
namespace {

constexpr WallTime later{std::chrono::seconds{1'795'371'660}};  // 2026-11-22T18:21:00Z

const char* const document = R"json({
  "schema": 1, "version": "0.1.0", "time": "2026-11-22T18:20:58Z", "sequence": 9, "cycle": 3,
  "collected": "2026-11-22T18:20:00Z", "status": "critical",
  "status_text": "critical: httpd (no process of it is running)", "mode": "observe",
  "load": {"status": "ok", "error": null, "1": 0.5, "5": 0.25, "15": 0.125, "per_cpu": 0.25},
  "memory": {"status": "ok", "error": null, "total_bytes": 1073741824, "available_bytes": 536870912,
             "usable_ratio": 0.5},
  "file_systems": [{"name": "/", "status": "ok", "type": "ext4", "size_bytes": 2147483648, "used_ratio": 0.42}],
  "services": [{"name": "httpd", "state": "down", "since": "2026-11-22T18:20:30Z", "mode": "act", "processes": 0,
                "resident_bytes": 0, "cpu_ratio": 0, "restarts_total": 2,
                "reason": "no process of it is running, and this is a long story"}]
})json";

TEST(StatusTable, ShowsTheMachineAndItsServices) {
  const auto table = status_table(document, {.width = 200}, later);
  ASSERT_TRUE(table) << table.error().message;
  EXPECT_EQ(table->status, CheckStatus::critical);
  EXPECT_EQ(table->text,
            "systemcheck 0.1.0, cycle 3, collected 1 min ago, mode observe\n"
            "status: critical: httpd (no process of it is running)\n"
            "load: 0.50 0.25 0.12 (0.25 per processor)\n"
            "memory: 512.0 MiB of 1.0 GiB usable (50%)\n"
            "\n"
            "SERVICE  STATE   SINCE  MODE  OWNER   CPU  MEMORY  PROCS  RESTARTS  NEXT  WHY\n"
            "httpd    down   30.0 s  act          0.0%     0 B      0         2     -  no process of it is "
            "running, and this is a long story\n"
            "\n"
            "FILE SYSTEM  TYPE     SIZE  USED  STATUS\n"
            "/            ext4  2.0 GiB   42%  ok\n");
}

TEST(StatusTable, BreaksReasonsAtTheWidthOfTheTerminal) {
  const auto table = status_table(document, {.width = 90}, later);
  ASSERT_TRUE(table);
  auto rest = std::string_view(table->text).substr(table->text.find("SERVICE"));
  while (!rest.empty())
    EXPECT_LE(take_line(rest).size(), 90U);
  EXPECT_NE(table->text.find("story"), std::string::npos);
}

TEST(StatusTable, RefusesWhatIsNoDocument) {
  EXPECT_FALSE(status_table("", {.width = 80}, later));
  EXPECT_FALSE(status_table("[]", {.width = 80}, later));
  EXPECT_FALSE(status_table("{\"schema\": 1", {.width = 80}, later));
}

TEST(StatusTable, PassesOnWhatTheDaemonRefused) {
  const auto table = status_table(R"({"error": "unknown request"})", {.width = 80}, later);
  ASSERT_FALSE(table);
  EXPECT_EQ(table.error().message, "unknown request");
}

TEST(StatusTable, SurvivesWrongTypesAndMissingKeys) {
  const auto table = status_table(
      R"({"load": 3, "memory": null, "services": {"a": 1}, "file_systems": [{"name": 7}], "status": []})",
      {.width = 80}, later);
  ASSERT_TRUE(table);
  EXPECT_EQ(table->status, CheckStatus::unknown);
}

TEST(StatusTable, MakesHostileNamesPrintable) {
  const auto table =
      status_table(R"({"services": [{"name": "\u001b[2Jx", "state": "up"}]})", {.width = 80}, later);
  ASSERT_TRUE(table);
  EXPECT_EQ(table->text.find('\x1b'), std::string::npos);
  EXPECT_NE(table->text.find("\\x1b[2Jx"), std::string::npos);
}

}  // namespace
}  // namespace systemcheck::test
