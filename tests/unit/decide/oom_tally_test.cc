#include "decide/oom_tally.h"

#include <gtest/gtest.h>

namespace systemcheck::test {
namespace {

TEST(OomTally, ExplainsOneDeathForEachKill) {
  OomTally tally;
  tally.note(5);
  EXPECT_FALSE(tally.explains_death(5));
  EXPECT_TRUE(tally.explains_death(7));
  EXPECT_TRUE(tally.explains_death(7));
  EXPECT_FALSE(tally.explains_death(7));
}

TEST(OomTally, ForgetsKillsThatWereSomethingElse) {
  OomTally tally;
  tally.note(5);
  tally.note(7);
  EXPECT_FALSE(tally.explains_death(7));
}

TEST(OomTally, KnowsNothingBeforeItsFirstCount) {
  OomTally tally;
  EXPECT_FALSE(tally.explains_death(7));
}

TEST(OomTally, DoesNotMindACountThatStartsAnew) {
  OomTally tally;
  tally.note(5);
  EXPECT_FALSE(tally.explains_death(0));
}

}  // namespace
}  // namespace systemcheck::test
