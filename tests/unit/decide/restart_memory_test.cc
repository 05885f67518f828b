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

std::string host_text(const std::string& restarts) {
  return R"({"schema": 1, "boot_id": "boot", "restarts": )" + restarts + "}";
}

/// When this limit lets the next one pass; nothing: now.
std::optional<Instant> free_again(const HostGuard& guard, const HostLimit& limit, Instant at = now) {
  return guard.decide(limit, 100, at).until;
}

TEST(HostMemory, TheLimitHoldsOverTheEndOfTheDaemon) {
  HostGuard guard;
  guard.note_restart(now - 2min);
  guard.note_restart(now - 1min);
  const auto restored = restored_host_guard(host_memory_text(guard, "boot"), "boot", now);
  EXPECT_EQ(restored.complaint, "");
  EXPECT_EQ(restored.guard.restarts(), guard.restarts());
  EXPECT_EQ(free_again(restored.guard, {.restarts = 2, .per = 5min}), now + 3min);
}

TEST(HostMemory, NoRestartCountsForLessThanItsTime) {
  HostGuard guard;
  guard.note_restart(now - 1ns);
  const auto text = host_memory_text(guard, "boot");
  const auto restored = restored_host_guard(text, "boot", now - 1ns);
  EXPECT_EQ(restored.complaint, "") << "that it was rounded up makes it no restart that is yet to come";
  EXPECT_EQ(free_again(restored.guard, {.restarts = 1, .per = 5min}), now + 5min);
  EXPECT_EQ(host_memory_text(restored.guard, "boot"), text) << "and it is rounded once";
}

TEST(HostMemory, MeansNothingAfterAReboot) {
  HostGuard guard;
  guard.note_restart(now);
  const auto restored = restored_host_guard(host_memory_text(guard, "boot"), "another boot", now);
  EXPECT_EQ(restored.complaint, "");
  EXPECT_TRUE(restored.guard.restarts().empty());
}

TEST(HostMemory, NothingToRememberIsAnEmptyText) {
  EXPECT_EQ(host_memory_text(HostGuard{}, "boot"), "{}");
  for (const auto* text : {"", "{}"}) {
    const auto restored = restored_host_guard(text, "boot", now);
    EXPECT_EQ(restored.complaint, "") << text;
    EXPECT_TRUE(restored.guard.restarts().empty()) << text;
  }
}

TEST(HostMemory, TheMostThatIsRememberedFitsIntoAMemo) {
  constexpr Instant after_thirty_years{24h * 365 * 30};
  HostGuard guard;
  for (int i = 0; i < 3000; ++i)
    guard.note_restart(after_thirty_years + i * 1s);
  const auto text = host_memory_text(guard, std::string(36, 'b'));
  EXPECT_LT(text.size(), 16U << 10U);
  const auto restored = restored_host_guard(text, std::string(36, 'b'), after_thirty_years + 3000s);
  EXPECT_EQ(restored.complaint, "");
  EXPECT_EQ(restored.guard.restarts().size(), 1000U);
}

TEST(HostMemory, ForgetsWhatNoLimitCounts) {
  HostGuard guard;
  guard.note_restart(now - 25h);
  guard.note_restart(now - 24h);
  guard.note_restart(now);
  EXPECT_EQ(guard.restarts().size(), 1U);
}

TEST(HostMemory, RestartsThatAreYetToComeCountAsOfNow) {
  const auto minute_ago = std::to_string(std::chrono::milliseconds(24h - 1min).count());
  const auto in_a_year = std::to_string(std::chrono::milliseconds(365 * 24h).count());
  const auto restored = restored_host_guard(host_text("[" + in_a_year + "," + minute_ago + "]"), "boot", now);
  EXPECT_EQ(restored.complaint,
            "1 of 2 restarts that were written down cannot have been then: the limit of the machine counts "
            "them as of now");
  EXPECT_EQ(free_again(restored.guard, {.restarts = 1, .per = 5min}), now + 5min);
  EXPECT_EQ(free_again(restored.guard, {.restarts = 2, .per = 5min}), now + 4min);
}

TEST(HostMemory, HostileRestartsCountAsOfNow) {
  const auto restored =
      restored_host_guard(host_text(R"([-1, "x", {}, 1e9, null, 18446744073709551615])"), "boot", now);
  EXPECT_NE(restored.complaint, "");
  EXPECT_EQ(restored.guard.restarts(), std::deque<Instant>(6, now));
}

TEST(HostMemory, WhatCannotBeUnderstoodCountsAsAllThatMayBeUntilTheLimitHasPassedOnce) {
  for (const std::string& text :
       {std::string("null"), std::string("[]"), std::string("{"), std::string(5000, '['),
        std::string("\xff\xfe"), std::string(R"({"schema": 2, "boot_id": "boot", "restarts": []})"),
        std::string(R"({"schema": 1, "boot_id": 7, "restarts": []})"),
        std::string(R"({"schema": 1, "restarts": []})"), host_text("7"), host_text("{}"),
        std::string(R"({"schema": 1, "boot_id": "boot"})")}) {
    const auto restored = restored_host_guard(text, "boot", now);
    EXPECT_NE(restored.complaint, "") << text.substr(0, 80);
    const HostLimit limit{.restarts = 1000, .per = 5min};
    EXPECT_EQ(free_again(restored.guard, limit), now + 5min) << text.substr(0, 80);
    EXPECT_FALSE(free_again(restored.guard, limit, now + 5min)) << text.substr(0, 80);
  }
}

TEST(HostMemory, MoreRestartsThanAreEverWrittenAreNoSuchText) {
  std::string many = "[1";
  for (int i = 0; i < 1000; ++i)
    many += ",1";
  EXPECT_NE(restored_host_guard(host_text(many + "]"), "boot", now).complaint, "");
}

}  // namespace
}  // namespace systemcheck
