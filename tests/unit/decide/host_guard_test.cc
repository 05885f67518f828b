#include "decide/host_guard.h"

#include <gtest/gtest.h>

#include <vector>

namespace systemcheck {
namespace {

using namespace std::chrono_literals;

constexpr Instant noon{12h};
constexpr std::size_t many = 100;

TEST(HostGuard, LetsTheFirstOnesPassAndThenOneAsTheOldestLeavesTheWindow) {
  HostGuard guard;
  const HostLimit limit{.restarts = 3, .per = 5min};
  for (int i = 0; i < 3; ++i) {
    EXPECT_FALSE(guard.decide(limit, many, noon + i * 1min).until) << i;
    guard.note_restart(noon + i * 1min);
  }
  EXPECT_EQ(guard.decide(limit, many, noon + 3min).until, noon + 5min);
  EXPECT_FALSE(guard.decide(limit, many, noon + 5min).until);
}

TEST(HostGuard, NeverAllowsMoreThanTheLimitInAnyWindow) {
  HostGuard guard;
  const HostLimit limit{.restarts = 6, .per = 5min};
  std::vector<Instant> restarts;
  for (auto now = noon; now < noon + 2h; now += 1s) {
    if (guard.decide(limit, many, now).until) continue;
    guard.note_restart(now);
    restarts.push_back(now);
  }
  ASSERT_EQ(restarts.size(), 6U * 24U) << "and it uses what it has";
  for (std::size_t i = 6; i < restarts.size(); ++i)
    EXPECT_GE(restarts[i] - restarts[i - 6], 5min);
}

TEST(HostGuard, WhatWasForbiddenHasUsedNothing) {
  HostGuard guard;
  const HostLimit limit{.restarts = 2, .per = 5min};
  guard.note_restart(noon);
  guard.note_restart(noon + 1min);
  guard.take_back_restart(noon + 30s);
  EXPECT_EQ(guard.decide(limit, many, noon + 2min).until, noon + 5min) << "no restart was ordered then";
  guard.take_back_restart(noon + 1min);
  EXPECT_FALSE(guard.decide(limit, many, noon + 2min).until);
  guard.note_restart(noon + 2min);
  EXPECT_EQ(guard.decide(limit, many, noon + 3min).until, noon + 5min) << "the oldest still counts";
}

TEST(HostGuard, TakesTheDeathOfMostServicesAtOnceForTheMachines) {
  HostGuard guard;
  for (const auto* name : {"a", "b", "c", "d", "e"})
    guard.note_death(name, noon);
  const auto verdict = guard.decide({}, 9, noon + 1s);
  EXPECT_EQ(verdict.until, noon + HostGuard::together);
  EXPECT_EQ(verdict.reason, "5 of 9 services died together: it is the machine");
  EXPECT_FALSE(guard.decide({}, 9, noon + HostGuard::together).until) << "and it is over";
  EXPECT_FALSE(guard.decide({}, 10, noon + 1s).until) << "half is not more than half";
}

TEST(HostGuard, SeesNothingInAFewDeathsOrInSlowOnes) {
  HostGuard guard;
  for (const auto* name : {"a", "b", "c"})
    guard.note_death(name, noon);
  EXPECT_FALSE(guard.decide({}, 3, noon + 1s).until);
  guard.note_death("d", noon + 40s);
  EXPECT_FALSE(guard.decide({}, 4, noon + 41s).until);
}

TEST(HostGuard, DoesNotCountWhatIsBackAlready) {
  HostGuard guard;
  for (const auto* name : {"a", "b", "c", "d"}) {
    guard.note_death(name, noon);
    guard.note_recovery(name);
  }
  EXPECT_FALSE(guard.decide({}, 4, noon + 1s).until);
}

TEST(HostGuard, CountsOneServiceOnceHoweverOftenItDies) {
  HostGuard guard;
  for (int i = 0; i < 10; ++i)
    guard.note_death("a", noon + i * 1s);
  EXPECT_FALSE(guard.decide({}, 1, noon + 10s).until);
}

TEST(HostGuard, NeverBlamesTheMachineWhenTold) {
  HostGuard guard;
  for (const auto* name : {"a", "b", "c", "d"})
    guard.note_death(name, noon);
  EXPECT_FALSE(guard.decide({.share = 1.0}, 4, noon).until);
}

}  // namespace
}  // namespace systemcheck
