#include "daemon/claim_memory.h"

#include <gtest/gtest.h>

namespace systemcheck {
namespace {

using namespace std::chrono_literals;

constexpr Instant now{24h};
constexpr WallTime noon{std::chrono::seconds{1'795'371'600}};
const BootMoment then{.boot_id = "boot", .now = now, .wall_now = noon};

/// So much later, in the same boot.
BootMoment after(Duration passed) {
  return {.boot_id = "boot", .now = now + passed, .wall_now = noon + passed};
}
/// The machine was off for so long, and has just started.
BootMoment after_boot(Duration passed) {
  return {.boot_id = "another boot", .now = Instant{1min}, .wall_now = noon + passed};
}

Claim maintenance(Duration length) {
  return {.owner = Owner::maintenance,
          .reason = "new disks",
          .asked_by = "uid 1000",
          .since = now - 1min,
          .until = now + length,
          .ends_at = noon + length};
}

Claim stopped() { return {.owner = Owner::admin, .reason = "stopped", .asked_by = "root", .since = now}; }

std::string text(std::vector<Claim> claims, bool was_seen_stopped = false) {
  return claim_memory_text({.claims = std::move(claims), .was_seen_stopped = was_seen_stopped}, then);
}

std::vector<Claim> restored(const std::string& text, const BootMoment& moment) {
  return restored_claim_memo(text, moment).claims;
}

TEST(ClaimMemory, ReadsBackWhatWasWritten) {
  const auto memo = restored_claim_memo(text({stopped(), maintenance(2h)}, true), after(10min));
  ASSERT_EQ(memo.claims.size(), 2U);
  EXPECT_EQ(memo.claims[0].owner, Owner::admin);
  EXPECT_EQ(memo.claims[0].asked_by, "root");
  EXPECT_FALSE(memo.claims[0].until);
  const auto& held = memo.claims[1];
  EXPECT_EQ(held.owner, Owner::maintenance);
  EXPECT_EQ(held.origin, ClaimOrigin::asked);
  EXPECT_EQ(held.reason, "new disks");
  EXPECT_EQ(held.since, now - 1min);
  EXPECT_EQ(held.until, now + 2h);
  EXPECT_EQ(held.ends_at, noon + 2h);
  EXPECT_TRUE(memo.was_seen_stopped);
}

TEST(ClaimMemory, MaintenanceGoesOnAcrossABootUntilItsEndOnTheClock) {
  const auto memory = text({maintenance(2h)});
  ASSERT_EQ(restored(memory, after_boot(90min)).size(), 1U);
  EXPECT_EQ(restored(memory, after_boot(90min))[0].until, Instant{1min} + 30min);
  EXPECT_TRUE(restored(memory, after_boot(2h)).empty());
}

TEST(ClaimMemory, WhatAPersonStoppedIsStartedByTheNextBoot) {
  EXPECT_TRUE(restored(text({stopped()}, true), after_boot(1min)).empty());
  EXPECT_FALSE(restored_claim_memo(text({stopped()}, true), after_boot(1min)).was_seen_stopped);
}

TEST(ClaimMemory, AClockThatWasSetBackMakesMaintenanceNoLongerThanWasLeft) {
  const auto memory = text({maintenance(2h)});
  const auto held = restored(memory, after_boot(-24h * 365));
  ASSERT_EQ(held.size(), 1U);
  EXPECT_EQ(held[0].until, Instant{1min} + 2h);
  auto moment = after(90min);
  moment.wall_now = noon - 24h;
  ASSERT_EQ(restored(memory, moment).size(), 1U);
  EXPECT_EQ(restored(memory, moment)[0].until, now + 2h) << "within a boot the monotonic clock knows better";
}

TEST(ClaimMemory, NothingLastsLongerThanTheLongestMaintenance) {
  std::string memory = text({maintenance(2h)});
  const std::string left = R"("left":7200000)";
  memory.replace(memory.find(left), left.size(), R"("left":9000000000)");
  const std::string until = R"("until":1795378800000)";
  ASSERT_NE(memory.find(until), std::string::npos) << memory;
  memory.replace(memory.find(until), until.size(), R"("until":1895378800000)");
  const auto held = restored(memory, after_boot(1min));
  ASSERT_EQ(held.size(), 1U);
  EXPECT_EQ(held[0].until, Instant{1min} + maintenance_max);
  Claims claims;
  claims.put(held[0]);
  EXPECT_EQ(claims.all()[0].until, Instant{1min} + maintenance_max);
}

TEST(ClaimMemory, RemembersAWindowThatWasCutShortUntilItsEnd) {
  const auto memory = claim_memory_text({.window_released_until = noon + 1h}, then);
  EXPECT_EQ(restored_claim_memo(memory, after(30min)).window_released_until, noon + 1h);
  EXPECT_FALSE(restored_claim_memo(memory, after(1h)).window_released_until);
  EXPECT_FALSE(restored_claim_memo(memory, after(-24h * 30)).window_released_until);
}

TEST(ClaimMemory, NothingToRememberIsAnEmptyText) {
  EXPECT_EQ(text({}), "{}");
  EXPECT_TRUE(restored("{}", then).empty());
}

TEST(ClaimMemory, IsTheSameWhenOnlyAnEndHasDrifted) {
  auto one = maintenance(2h);
  auto other = one;
  other.until = *one.until - 1ns;
  EXPECT_TRUE(is_same_memo({.claims = {one}}, {.claims = {other}}));
  other.reason = "old disks";
  EXPECT_FALSE(is_same_memo({.claims = {one}}, {.claims = {other}}));
  EXPECT_FALSE(is_same_memo({.claims = {one}}, {}));
}

TEST(ClaimMemory, RefusesHostileTexts) {
  const std::string head = R"({"schema": 1, "boot_id": "boot", "claims": )";
  const std::string hold = R"({"owner": "maintenance", "left": 7200000, )";
  for (const std::string& hostile :
       {std::string{}, std::string("null"), std::string("[]"), std::string("{"), std::string(5000, '['),
        std::string("\xff\xfe"),
        std::string(R"({"schema": 2, "boot_id": "boot", "claims": [{"owner": "admin"}]})"), head + "{}}",
        head + "[1, null, []]}", head + R"([{"owner": "shutdown"}]})",
        head + R"([{"owner": "systemcheck"}]})", head + R"([{"owner": 7}]})", head + R"([{}]})",
        head + "[" + hold + R"("until": -1}]})", head + "[" + hold + R"("until": 1e300}]})",
        head + "[" + hold + R"("until": 18446744073709551615}]})",
        head + "[" + hold + R"("until": "soon"}]})",
        head + R"([{"owner": "maintenance", "until": 1795378800000}]})",
        head + R"([{"owner": "maintenance", "until": 1795378800000, "left": -1}]})"}) {
    EXPECT_TRUE(restored(hostile, then).empty()) << hostile.substr(0, 80);
  }
}

TEST(ClaimMemory, ReasonsAreMadePrintable) {
  const auto held = restored(
      "{\"schema\": 1, \"boot_id\": \"boot\", \"claims\": [{\"owner\": \"admin\", \"reason\": "
      "\"a\\u001b[31mb\"}]}",
      then);
  ASSERT_EQ(held.size(), 1U);
  EXPECT_EQ(held[0].reason, "a\\x1b[31mb");
}

}  // namespace
}  // namespace systemcheck
