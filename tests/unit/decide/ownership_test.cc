#include "decide/ownership.h"

#include <gtest/gtest.h>

namespace systemcheck {
namespace {

using namespace std::chrono_literals;

constexpr Instant noon{12h};

Claim claim(Owner owner, std::optional<Instant> until = {}) {
  return {.owner = owner, .reason = "as the test says", .since = noon, .until = until};
}

std::optional<Owner> owner_at(const Claims& claims, Instant now) {
  const auto* standing = claims.standing(now);
  if (standing == nullptr) return std::nullopt;
  return standing->owner;
}

TEST(Claims, AreOursAloneWhenNobodyClaims) { EXPECT_EQ(Claims().standing(noon), nullptr); }

TEST(Claims, TheHighestOwnerWinsWhateverTheOrder) {
  Claims claims;
  claims.put(claim(Owner::shed));
  claims.put(claim(Owner::admin));
  claims.put(claim(Owner::maintenance, noon + 1h));
  EXPECT_EQ(owner_at(claims, noon), Owner::admin);
}

TEST(Claims, MaintenanceOverAShedServiceEndsAsShed) {
  Claims claims;
  claims.put(claim(Owner::shed));
  claims.put(claim(Owner::maintenance, noon + 1h));
  EXPECT_EQ(owner_at(claims, noon + 59min), Owner::maintenance);
  EXPECT_EQ(owner_at(claims, noon + 1h), Owner::shed);
}

TEST(Claims, TellWhenTheNextOneEnds) {
  Claims claims;
  claims.put(claim(Owner::upgrade, noon + 30min));
  claims.put(claim(Owner::maintenance, noon + 1h));
  EXPECT_EQ(claims.next_end(noon), noon + 30min);
  EXPECT_EQ(claims.next_end(noon + 30min), noon + 1h);
  EXPECT_EQ(claims.next_end(noon + 1h), std::nullopt);
}

TEST(Claims, MaintenanceAlwaysHasAnEnd) {
  Claims claims;
  claims.put(claim(Owner::maintenance));
  EXPECT_EQ(claims.next_end(noon), noon + maintenance_max);
  claims.put(claim(Owner::maintenance, noon + 10'000h));
  EXPECT_EQ(claims.next_end(noon), noon + maintenance_max);
}

TEST(Claims, OneOfTheSameOwnerReplacesTheOtherAndKeepsSinceWhen) {
  Claims claims;
  claims.put(claim(Owner::maintenance, noon + 1h));
  auto longer = claim(Owner::maintenance, noon + 3h);
  longer.since = noon + 30min;
  claims.put(longer);
  ASSERT_EQ(claims.all().size(), 1U);
  EXPECT_EQ(claims.all()[0].since, noon);
  EXPECT_EQ(claims.all()[0].until, noon + 3h);
}

TEST(Claims, AreGoneWhenReleasedOrOver) {
  Claims claims;
  claims.put(claim(Owner::admin));
  claims.put(claim(Owner::upgrade, noon + 1min));
  claims.release(Owner::admin);
  EXPECT_EQ(owner_at(claims, noon), Owner::upgrade);
  claims.expire(noon + 1min);
  EXPECT_TRUE(claims.all().empty());
}

TEST(Claims, OfDifferentOriginsStandBesideEachOther) {
  Claims claims;
  claims.put(claim(Owner::maintenance, noon + 2h));
  auto window = claim(Owner::maintenance, noon + 1h);
  window.origin = ClaimOrigin::window;
  claims.put(window);
  ASSERT_EQ(claims.all().size(), 2U);
  EXPECT_EQ(claims.standing(noon)->origin, ClaimOrigin::asked) << "it ends last";
  claims.release(Owner::maintenance, ClaimOrigin::asked);
  EXPECT_EQ(claims.standing(noon)->origin, ClaimOrigin::window);
  EXPECT_EQ(claims.find(Owner::maintenance, ClaimOrigin::asked), nullptr);
}

TEST(Claims, SayWhereTheyComeFrom) {
  auto held = claim(Owner::maintenance, noon + 1h);
  held.ends_at = WallTime{13h};
  held.reason = "backup";
  held.origin = ClaimOrigin::window;
  EXPECT_EQ(claim_words(held),
            "maintenance until 1970-01-01T13:00:00Z, by a window of the configuration: backup");
  held.origin = ClaimOrigin::file;
  EXPECT_EQ(claim_words(held), "maintenance until 1970-01-01T13:00:00Z, by a hold file: backup");
}

TEST(Claims, EndOnTheClockThatPeopleSeeAlsoWhenTheMachineHasSlept) {
  constexpr WallTime wall_noon{std::chrono::hours{12}};
  Claims claims;
  auto slept = claim(Owner::maintenance, noon + 2h);
  slept.ends_at = wall_noon + 2h;
  claims.put(slept);
  claims.keep_to_clock(noon + 10min, wall_noon + 90min);
  EXPECT_EQ(claims.next_end(noon), noon + 40min);
  claims.keep_to_clock(noon + 10min, wall_noon - 24h);
  EXPECT_EQ(claims.next_end(noon), noon + 40min) << "a clock that is set back makes nothing longer";
  claims.keep_to_clock(noon + 20min, wall_noon + 3h);
  EXPECT_EQ(owner_at(claims, noon + 20min), std::nullopt);
}

TEST(Claims, WithholdARestartUnderTheirOwnName) {
  for (const auto owner :
       {Owner::shutdown, Owner::admin, Owner::maintenance, Owner::upgrade, Owner::shed, Owner::systemd})
    EXPECT_EQ(word(suppressed_by(owner)), word(owner));
}

}  // namespace
}  // namespace systemcheck
