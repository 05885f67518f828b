#include "decide/flapping.h"

#include <gtest/gtest.h>

namespace systemcheck {
namespace {

using namespace std::chrono_literals;

constexpr Instant noon{12h};
constexpr FlappingRules rules{.deaths = 4, .per = 1h};

RestartMemo memo_of_deaths(int count) {
  RestartMemo memo;
  for (int i = 0; i < count; ++i)
    note_flapping_death(rules, memo, noon + i * 1min);
  return memo;
}

TEST(Flapping, BeginsWithSoManyDeathsWithinTheWindow) {
  EXPECT_FALSE(memo_of_deaths(3).is_flapping);
  EXPECT_TRUE(memo_of_deaths(4).is_flapping);
}

TEST(Flapping, DoesNotBeginWithDeathsThatAreFarApart) {
  RestartMemo memo;
  for (int i = 0; i < 20; ++i)
    note_flapping_death(rules, memo, noon + i * 20min);
  EXPECT_FALSE(memo.is_flapping);
}

TEST(Flapping, EndsOnlyWhenFewerThanHalfOfTheDeathsAreLeft) {
  auto memo = memo_of_deaths(4);  // At 0, 1, 2 and 3 minutes past noon.
  settle_flapping(rules, memo, noon + 61min);
  EXPECT_TRUE(memo.is_flapping) << "two are left";
  EXPECT_EQ(flapping_end(rules, memo), noon + 62min);
  settle_flapping(rules, memo, noon + 62min);
  EXPECT_FALSE(memo.is_flapping);
  EXPECT_EQ(flapping_end(rules, memo), std::nullopt);
}

TEST(Flapping, RemembersABoundedNumberOfDeaths) { EXPECT_EQ(memo_of_deaths(50).deaths.size(), rules.deaths); }

TEST(Flapping, IsLookedAtAgainWhenItsAttemptsAreForgottenIfThatComesBeforeItsEnd) {
  auto memo = memo_of_deaths(4);
  memo.was_up = true;
  memo.attempts = 2;
  RestartSituation situation;
  situation.evidence.finding = {Presence::present, "1 process"};
  situation.sight_at = noon + 4min;
  const RestartPolicy policy{.reset_after = 10min, .flapping = rules};
  const auto choice = decide_restart(Service{}, policy, memo, situation, noon + 4min);
  EXPECT_EQ(choice.state, ServiceState::flapping);
  EXPECT_EQ(choice.wake_at, noon + 14min);
  const auto later = decide_restart(Service{}, policy, choice.memo, situation, noon + 14min);
  EXPECT_EQ(later.memo.attempts, 0U);
  EXPECT_EQ(later.wake_at, noon + 62min);
}

}  // namespace
}  // namespace systemcheck
