#include "collect/newcomers.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <string>

#include "os/linux_host.h"
#include "support/fake_host.h"

namespace systemcheck {
namespace {

constexpr NumbersGiven before{.last = 5000, .births = 100'000};

TEST(Newcomers, HaveTheNumbersGivenSinceAndPerhapsOneInTheMaking) {
  const auto range = numbers_of_newcomers(before, {.last = 5003, .births = 100'003});
  EXPECT_EQ(range, (NumberRange{.first = 5000 - numbers_in_the_making + 1, .last = 5003}));
}

TEST(Newcomers, MayBeInTheMakingWhereNoNumberWasGiven) {
  EXPECT_EQ(numbers_of_newcomers(before, before),
            (NumberRange{.first = 5000 - numbers_in_the_making + 1, .last = 5000}));
}

TEST(Newcomers, BeginWithTheLowestNumber) {
  EXPECT_EQ(numbers_of_newcomers({.last = 3, .births = 3}, {.last = 5, .births = 5}),
            (NumberRange{.first = 1, .last = 5}));
}

TEST(Newcomers, CannotBeToldWhenTheNumbersBeganAnew) {
  EXPECT_FALSE(numbers_of_newcomers(before, {.last = 310, .births = 100'009}));
}

TEST(Newcomers, CannotBeToldWhenTheyAreTooMany) {
  const auto many = std::uint64_t{newcomers_max};
  EXPECT_TRUE(numbers_of_newcomers(before, {.last = 5000 + newcomers_max, .births = 100'000 + many}));
  EXPECT_FALSE(numbers_of_newcomers(before, {.last = 5001 + newcomers_max, .births = 100'000 + many}));
}

TEST(Newcomers, CannotBeToldWhenTheNumbersMayHaveGoneRound) {
  EXPECT_FALSE(numbers_of_newcomers(before, {.last = 5003, .births = 5'000'000}));
}

TEST(Newcomers, CannotBeToldWhereBirthsAreNotCounted) {
  EXPECT_FALSE(numbers_of_newcomers({.last = 5000}, {.last = 5003}));
  EXPECT_FALSE(numbers_of_newcomers(before, {.last = 5003, .births = 7}));
}

TEST(Newcomers, AreProcessesAndNoThreads) {
  test::FakeHost host;
  host.add_process({.pid = 40, .cmdline = "sleep", .executable = "/usr/bin/sleep"});
  host.write("/proc/41/status", "Name:\tx\nTgid:\t40\n");
  EXPECT_TRUE(is_process(host, 40));
  EXPECT_FALSE(is_process(host, 41));
  EXPECT_FALSE(is_process(host, 42));
}

/// What the rest stands on: the number of a newcomer, and its inode, by which it is known from then on.
TEST(Newcomers, AreToldByThisKernelAsItListsThem) {
  LinuxHost host;
  const auto earlier = read_numbers_given(host, 0);
  if (!earlier) GTEST_SKIP() << "this kernel does not tell the last number it has given out";
  const pid_t child = ::fork();
  if (child == 0) {
    ::pause();
    ::_exit(0);
  }
  const auto now = read_numbers_given(host, 1);
  const auto status = host.status(("/proc/" + std::to_string(child)).c_str());
  const auto listed = host.list_numbers("/proc");
  const bool is_found = is_process(host, child);
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  ASSERT_TRUE(now && status && listed);
  EXPECT_TRUE(is_found);
  EXPECT_GT(child, earlier->last);
  EXPECT_LE(child, now->last);
  const auto found = std::ranges::find(*listed, child, &NumberedEntry::number);
  ASSERT_NE(found, listed->end());
  EXPECT_EQ(found->inode, status->inode);
}

TEST(Newcomers, CannotBeToldWithoutTheKernelsWord) {
  test::FakeHost host;
  EXPECT_FALSE(read_numbers_given(host, 1));
  host.write("/proc/sys/kernel/ns_last_pid", "none\n");
  EXPECT_FALSE(read_numbers_given(host, 1));
  host.write("/proc/sys/kernel/ns_last_pid", "4711\n");
  EXPECT_EQ(read_numbers_given(host, 1)->last, 4711);
}

}  // namespace
}  // namespace systemcheck
