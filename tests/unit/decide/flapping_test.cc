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

}  // namespace
}  // namespace systemcheck
