#include "check/thresholds.h"

#include <gtest/gtest.h>

namespace systemcheck::test {
namespace {

using namespace std::chrono_literals;

constexpr Instant noon{std::chrono::hours{12}};

Load load_of(double one_minute) {
  Load load;
  load.one_minute = one_minute;
  return load;
}

Cpu two_processors() {
  Cpu cpu;
  cpu.online = 2;
  return cpu;
}

Memory memory_of(std::uint64_t available_percent) {
  Memory memory;
  memory.total_bytes = 100;
  memory.available_bytes = available_percent;
  return memory;
}

FileSystem file_system_of(std::uint64_t size, std::uint64_t available) {
  FileSystem file_system;
  file_system.type = "ext4";
  file_system.usage =
      FileSystemUsage{.size_bytes = size, .free_bytes = available, .available_bytes = available};
  return file_system;
}

TEST(CheckLoad, WarnsOnlyOnceItHasBeenHighForAsLongAsTheRuleSays) {
  const LoadRules rules;
  auto since = check_high_load_since(rules, load_of(4.1), two_processors(), std::nullopt, noon);
  ASSERT_EQ(since, noon);
  since = check_high_load_since(rules, load_of(9), two_processors(), since, noon + 15min);
  EXPECT_EQ(check_load(rules, load_of(9), since, noon + 15min - 1s), CheckStatus::ok);
  EXPECT_EQ(check_load(rules, load_of(9), since, noon + 15min), CheckStatus::warning);
}

TEST(CheckLoad, StartsAnewAfterAQuietMinute) {
  const LoadRules rules;
  EXPECT_EQ(check_high_load_since(rules, load_of(4.0), two_processors(), noon, noon + 1min), std::nullopt);
}

TEST(CheckLoad, AFailedReadingNeitherBeginsNorEndsAHighLoad) {
  const LoadRules rules;
  const Result<Load> failed = Error{Error::Kind::failed, "torn"};
  EXPECT_EQ(check_high_load_since(rules, failed, two_processors(), noon, noon + 1min), noon);
  EXPECT_EQ(check_high_load_since(rules, failed, two_processors(), std::nullopt, noon), std::nullopt);
  EXPECT_EQ(check_load(rules, failed, noon, noon + 1h), CheckStatus::unknown);
}

TEST(CheckMachineBusy, IsSoWithMoreToDoThanTheProcessorsCan) {
  const LoadRules rules;
  EXPECT_FALSE(check_machine_busy(rules, load_of(4), two_processors(), Pressure{}));
  EXPECT_TRUE(check_machine_busy(rules, load_of(4.1), two_processors(), Pressure{}));
}

TEST(CheckMachineBusy, IsSoWhereAllWaitsForMemoryOrTheDisk) {
  for (PressureTotals Pressure::*resource : {&Pressure::memory, &Pressure::io}) {
    Pressure pressure{.is_available = true};
    (pressure.*resource).stalled_ratio = stalled_ratio_max;
    EXPECT_FALSE(check_machine_busy({}, load_of(0), two_processors(), pressure));
    (pressure.*resource).stalled_ratio += 0.01;
    EXPECT_TRUE(check_machine_busy({}, load_of(0), two_processors(), pressure));
  }
}

TEST(CheckMachineBusy, IsSaidWhereNobodyKnows) {
  const Error unread{Error::Kind::failed, "no"};
  EXPECT_TRUE(check_machine_busy({}, unread, two_processors(), Pressure{}));
  EXPECT_TRUE(check_machine_busy({}, load_of(0), unread, Pressure{}));
  EXPECT_TRUE(check_machine_busy({}, load_of(0), two_processors(), unread));
}

TEST(CheckMemory, OfALargeMachineComparesWithTheSizes) {
  MemoryRules rules;
  rules.warn = {0.15, memory_of(100).total_bytes / 50};
  rules.below = {0.10, memory_of(100).total_bytes / 100};
  EXPECT_EQ(check_memory(rules, memory_of(3)), CheckStatus::ok);
  EXPECT_EQ(check_memory(rules, memory_of(1)), CheckStatus::warning);
  EXPECT_EQ(check_memory(rules, memory_of(0)), CheckStatus::critical);
}

TEST(CheckMemory, KnowsTheThreeLevels) {
  const MemoryRules rules;
  EXPECT_EQ(check_memory(rules, memory_of(15)), CheckStatus::ok);
  EXPECT_EQ(check_memory(rules, memory_of(14)), CheckStatus::warning);
  EXPECT_EQ(check_memory(rules, memory_of(9)), CheckStatus::critical);
  EXPECT_EQ(check_memory(rules, Error{Error::Kind::failed, "torn"}), CheckStatus::unknown);
}

TEST(CheckFileSystem, WarnsBySpaceAsDfCountsIt) {
  const DiskRules rules;
  EXPECT_EQ(check_file_system(rules, file_system_of(100, 21)), CheckStatus::ok);
  EXPECT_EQ(check_file_system(rules, file_system_of(100, 20)), CheckStatus::warning);
  EXPECT_EQ(check_file_system(rules, file_system_of(100, 9)), CheckStatus::critical);
}

TEST(CheckFileSystem, WarnsByInodesToo) {
  auto file_system = file_system_of(100, 99);
  file_system.usage->files = 1000;
  file_system.usage->files_free = 50;
  EXPECT_EQ(check_file_system(DiskRules{}, file_system), CheckStatus::critical);
}

TEST(CheckFileSystem, OneThatDoesNotAnswerIsUnknownAndAnIgnoredTypeIsOk) {
  auto file_system = file_system_of(100, 0);
  file_system.usage = Error{Error::Kind::timed_out, "no answer within 1 s"};
  EXPECT_EQ(check_file_system(DiskRules{}, file_system), CheckStatus::unknown);
  file_system.type = "tmpfs";
  EXPECT_EQ(check_file_system(DiskRules{}, file_system), CheckStatus::ok);
}

TEST(CheckOverall, NamesTheWorstFirst) {
  const auto overall = check_overall({{CheckStatus::warning, "load", ""},
                                      {CheckStatus::ok, "memory", ""},
                                      {CheckStatus::critical, "httpd", "no process of it is running"},
                                      {CheckStatus::warning, "/home", ""}});
  EXPECT_EQ(overall.status, CheckStatus::critical);
  EXPECT_EQ(overall.text, "critical: httpd (no process of it is running); warning: load, /home");
}

TEST(CheckOverall, NamesNoMoreThanTwenty) {
  std::vector<CheckedItem> items(50, CheckedItem{CheckStatus::critical, "x", ""});
  EXPECT_EQ(check_overall(items).text.size(), std::string("critical: ").size() + 20 + 19 * 2);
}

TEST(CheckOverall, UnknownIsBelowOk) {
  EXPECT_EQ(check_overall({{CheckStatus::unknown, "x", ""}, {CheckStatus::ok, "y", ""}}).status,
            CheckStatus::ok);
}

}  // namespace
}  // namespace systemcheck::test
