#include "decide/restart_memory.h"

#include <gtest/gtest.h>

namespace systemcheck {
namespace {

using namespace std::chrono_literals;

constexpr Instant now{24h};
const RestartPolicy policy{};

std::optional<RestartMemo> restored(std::string_view text, std::string_view boot_id = "boot") {
  return restored_restart_memo(text, boot_id, policy, now, 1min);
}

RestartMemo tried() {
  RestartMemo memo;
  memo.attempts = 6;
  memo.next_attempt = now + 4min;
  memo.attempt_began = now - 1min;
  memo.deaths = {now - 2min, now - 1min};
  memo.is_flapping = true;
  return memo;
}

TEST(RestartMemory, ReadsBackWhatWasWritten) {
  const auto memo = restored(restart_memory_text(tried(), "boot"));
  ASSERT_TRUE(memo);
  EXPECT_EQ(memo->attempts, 6U);
  EXPECT_EQ(memo->next_attempt, now + 4min);
  EXPECT_EQ(memo->attempt_began, now - 1min);
  EXPECT_EQ(memo->deaths, tried().deaths);
  EXPECT_TRUE(memo->is_flapping);
  EXPECT_FALSE(memo->was_up);
  EXPECT_FALSE(memo->is_in_flight);
}

TEST(RestartMemory, AnAttemptThatIsDueWaitsUntilThingsHaveSettled) {
  auto memo = tried();
  memo.next_attempt = now - 1h;
  EXPECT_EQ(restored(restart_memory_text(memo, "boot"))->next_attempt, now + 1min);
}

TEST(RestartMemory, MeansNothingAfterAReboot) {
  EXPECT_FALSE(restored(restart_memory_text(tried(), "boot"), "another boot"));
}

TEST(RestartMemory, IgnoresAnAttemptBeyondTheLongestPause) {
  auto memo = tried();
  memo.next_attempt = now + 6min;
  EXPECT_FALSE(restored(restart_memory_text(memo, "boot")));
}

TEST(RestartMemory, IgnoresDeathsThatAreYetToCome) {
  auto memo = tried();
  memo.deaths = {now - 1min, now + 1h};
  EXPECT_EQ(restored(restart_memory_text(memo, "boot"))->deaths.size(), 1U);
}

TEST(RestartMemory, NothingToRememberIsAnEmptyText) {
  EXPECT_EQ(restart_memory_text(RestartMemo{}, "boot"), "{}");
  EXPECT_FALSE(restored("{}"));
}

TEST(RestartMemory, RefusesHostileTexts) {
  const std::string head = R"({"schema": 1, "boot_id": "boot", )";
  for (const std::string& text :
       {std::string{}, std::string("null"), std::string("[]"), std::string("{"), std::string(5000, '['),
        std::string("\xff\xfe"), std::string(R"({"schema": 2, "boot_id": "boot", "attempts": 1})"),
        head + R"("attempts": -1})", head + R"("attempts": 1e300})", head + R"("attempts": "many"})",
        head + R"("attempts": 99999999999999})", head + R"("attempts": 1, "next_attempt": -5})",
        head + R"("attempts": 1, "next_attempt": 9223372036854775807})",
        head + R"("attempts": 1, "next_attempt": 18446744073709551615})",
        head + R"("attempts": 1, "next_attempt": {}})"}) {
    EXPECT_FALSE(restored(text)) << text.substr(0, 80);
  }
}

TEST(RestartMemory, HostileDeathsAreNoDeaths) {
  const auto memo = restored(
      R"({"schema": 1, "boot_id": "boot", "attempts": 1, "flapping": true, "deaths": [-1, "x", {}, 1e9]})");
  ASSERT_TRUE(memo);
  EXPECT_TRUE(memo->deaths.empty());
  EXPECT_FALSE(memo->is_flapping);
}

}  // namespace
}  // namespace systemcheck
