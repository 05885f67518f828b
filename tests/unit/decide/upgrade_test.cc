#include "decide/upgrade.h"

#include <gtest/gtest.h>

namespace systemcheck::test {
namespace {

using namespace std::chrono_literals;

constexpr Instant noon{std::chrono::hours{12}};

PackageTransaction held_by(pid_t pid) {
  return {.is_under_way = true,
          .holder = ProcessIdentity{.pid = pid, .start_ticks = 1},
          .holder_name = "apt-get",
          .lock = "/var/lib/dpkg/lock"};
}

TEST(UpgradeHold, IsNotThereWhereNobodyChangesPackages) {
  EXPECT_EQ(decide_upgrade_hold({}, noon), UpgradeHold::none);
  EXPECT_EQ(decide_upgrade_hold(note_packages({}, {}, noon), noon), UpgradeHold::none);
}

TEST(UpgradeHold, LastsForHalfAnHourAtMost) {
  const auto memo = note_packages({}, held_by(7), noon);
  EXPECT_EQ(decide_upgrade_hold(memo, noon), UpgradeHold::holds);
  EXPECT_EQ(decide_upgrade_hold(memo, noon + 30min - 1ns), UpgradeHold::holds);
  EXPECT_EQ(decide_upgrade_hold(memo, noon + 30min), UpgradeHold::expired);
}

TEST(UpgradeHold, IsNotLengthenedByLookingAgain) {
  auto memo = note_packages({}, held_by(7), noon);
  memo = note_packages(memo, held_by(7), noon + 29min);
  EXPECT_EQ(decide_upgrade_hold(memo, noon + 30min), UpgradeHold::expired);
}

TEST(UpgradeHold, BeginsAnewWithAnotherHolder) {
  auto memo = note_packages({}, held_by(7), noon);
  memo = note_packages(memo, held_by(8), noon + 29min);
  EXPECT_EQ(decide_upgrade_hold(memo, noon + 58min), UpgradeHold::holds);
  auto same_number = held_by(8);
  same_number.holder->start_ticks = 2;
  memo = note_packages(memo, same_number, noon + 58min);
  EXPECT_EQ(decide_upgrade_hold(memo, noon + 87min), UpgradeHold::holds);
}

TEST(UpgradeHold, CountsAHolderThatCannotBeToldAsOne) {
  const PackageTransaction nobody{.is_under_way = true, .lock = "/var/lib/dpkg/lock"};
  auto memo = note_packages({}, nobody, noon);
  memo = note_packages(memo, nobody, noon + 29min);
  EXPECT_EQ(decide_upgrade_hold(memo, noon + 30min), UpgradeHold::expired);
}

TEST(UpgradeHold, LastsAMomentLongerThanTheTransaction) {
  const auto memo = note_packages(note_packages({}, held_by(7), noon), {}, noon + 1min);
  EXPECT_EQ(decide_upgrade_hold(memo, noon + 1min), UpgradeHold::holds);
  EXPECT_EQ(decide_upgrade_hold(memo, noon + 1min + 1s), UpgradeHold::none);
}

TEST(UpgradeHold, ThatHasExpiredDoesNotComeBackWhenTheTransactionEnds) {
  const auto memo = note_packages(note_packages({}, held_by(7), noon), {}, noon + 31min);
  EXPECT_EQ(decide_upgrade_hold(memo, noon + 31min), UpgradeHold::none);
}

}  // namespace
}  // namespace systemcheck::test
