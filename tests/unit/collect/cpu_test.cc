#include "collect/cpu.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace systemcheck {
namespace {

using testing::HasSubstr;

constexpr std::string_view two_processors =
    "cpu  1000 20 300 40000 50 6 7 8 900 0\n"
    "cpu0 500 10 150 20000 25 3 3 4 450 0\n"
    "cpu1 500 10 150 20000 25 3 4 4 450 0\n"
    "intr 12345 0 0\n"
    "ctxt 777\n"
    "btime 1700000000\n"
    "processes 4321\n"
    "procs_running 3\n"
    "procs_blocked 2\n";

TEST(ParseCpu, ReadsTheSumOfAllProcessors) {
  const auto cpu = parse_cpu(two_processors, 100);
  ASSERT_TRUE(cpu);
  EXPECT_THAT(cpu->seconds, testing::ElementsAre(10, 0.2, 3, 400, 0.5, 0.06, 0.07, 0.08));
}

TEST(ParseCpu, CountsProcessorsAndTasks) {
  const auto cpu = parse_cpu(two_processors, 100);
  ASSERT_TRUE(cpu);
  EXPECT_EQ(cpu->online, 2U);
  EXPECT_EQ(cpu->context_switches, 777U);
  EXPECT_EQ(cpu->boot_time_seconds, 1700000000U);
  EXPECT_EQ(cpu->forks, 4321U);
  EXPECT_EQ(cpu->running, 3U);
  EXPECT_EQ(cpu->blocked, 2U);
}

TEST(ParseCpu, CountsWhatAnOldKernelDoesNotKnowAsNothing) {
  const auto cpu = parse_cpu("cpu 100 200 300 400\nbtime 1\n", 100);
  ASSERT_TRUE(cpu);
  EXPECT_EQ(cpu->seconds[3], 4);
  EXPECT_EQ(cpu->seconds[7], 0);
}

TEST(ParseCpu, RefusesATextWithoutTheLinesThatMatter) {
  const auto no_cpu = parse_cpu("cpu0 1 2 3 4\nbtime 1\n", 100);
  ASSERT_FALSE(no_cpu);
  EXPECT_THAT(no_cpu.error().message, HasSubstr("no cpu line"));
  const auto no_boot = parse_cpu("cpu 1 2 3 4\n", 100);
  ASSERT_FALSE(no_boot);
  EXPECT_THAT(no_boot.error().message, HasSubstr("no btime line"));
}

TEST(ParseCpu, RefusesTicksThatAreNoNumber) {
  const auto cpu = parse_cpu("cpu 1 x\x1b 3 4\nbtime 1\n", 100);
  ASSERT_FALSE(cpu);
  EXPECT_THAT(cpu.error().message, HasSubstr("'x\\x1b'"));
}

TEST(CpuFloor, HoldsACounterThatStepsBackALittle) {
  CpuFloor floor;
  Cpu before{.seconds = {0, 0, 0, 100}};
  floor.raise(before);
  Cpu after{.seconds = {0, 0, 0, 99.5}};
  floor.raise(after);
  EXPECT_EQ(after.seconds[3], 100);
}

TEST(CpuFloor, LetsACounterStartAgain) {
  CpuFloor floor;
  Cpu before{.seconds = {0, 0, 0, 100}};
  floor.raise(before);
  Cpu after{.seconds = {0, 0, 0, 2}};
  floor.raise(after);
  EXPECT_EQ(after.seconds[3], 2);
}

}  // namespace
}  // namespace systemcheck
