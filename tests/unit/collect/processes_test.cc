#include "collect/processes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "support/fake_look.h"

namespace systemcheck {
namespace {

using test::FakeLook;
using test::find_family;
using test::value_of;
using testing::HasSubstr;

Metrics described(FakeLook& world) {
  Metrics metrics;
  const auto table = Processes::collect(world.look);
  EXPECT_TRUE(table);
  if (table) table->describe(metrics);
  return metrics;
}

double state_count(const Metrics& metrics, const char* state) {
  return value_of(metrics, "systemcheck_processes", {{"state", state}}).value_or(-1);
}

TEST(Processes, AreCountedByState) {
  FakeLook world;
  pid_t pid = 1;
  for (const char state : std::string("RSSDTtZIXP"))
    world.host.add_process({.pid = pid++, .comm = "x", .cmdline = "x", .state = state});
  const auto metrics = described(world);
  EXPECT_EQ(state_count(metrics, "running"), 1);
  EXPECT_EQ(state_count(metrics, "sleeping"), 2);
  EXPECT_EQ(state_count(metrics, "disk_sleep"), 1);
  EXPECT_EQ(state_count(metrics, "stopped"), 2);
  EXPECT_EQ(state_count(metrics, "zombie"), 1);
  EXPECT_EQ(state_count(metrics, "idle"), 1);
  EXPECT_EQ(state_count(metrics, "other"), 2);
}

TEST(Processes, HaveASeriesForEveryStateAlways) {
  FakeLook world;
  world.host.add_process({.pid = 1, .comm = "init", .cmdline = "init"});
  const auto metrics = described(world);
  EXPECT_EQ(find_family(metrics, "systemcheck_processes")->samples.size(), 7U);
}

TEST(Processes, SumUpThreadsAndUsers) {
  FakeLook world;
  world.host.name_user(33, "www-data");
  world.host.add_process({.pid = 1, .comm = "init", .cmdline = "init", .threads = 2, .resident_pages = 1});
  world.host.add_process(
      {.pid = 2, .comm = "w", .cmdline = "w", .user = 33, .threads = 3, .resident_pages = 5});
  world.host.add_process(
      {.pid = 3, .comm = "w", .cmdline = "w", .user = 33, .threads = 4, .resident_pages = 6});
  const auto metrics = described(world);
  EXPECT_EQ(value_of(metrics, "systemcheck_threads"), 9);
  EXPECT_EQ(value_of(metrics, "systemcheck_user_processes", {{"user", "www-data"}}), 2);
  EXPECT_EQ(value_of(metrics, "systemcheck_user_resident_memory_bytes", {{"user", "www-data"}}), 11 * 4096);
  EXPECT_EQ(value_of(metrics, "systemcheck_user_processes", {{"user", "_other"}}), 0);
}

TEST(Processes, ShowTheUsersWithTheMostMemoryAndSumUpTheRest) {
  FakeLook world;
  constexpr int users = static_cast<int>(user_series_max) + 10;
  for (int i = 1; i <= users; ++i) {
    world.host.add_process({.pid = i,
                            .comm = "x",
                            .cmdline = "x",
                            .user = static_cast<uid_t>(1000 + i),
                            .resident_pages = static_cast<std::uint64_t>(i)});
  }
  const auto metrics = described(world);
  EXPECT_EQ(find_family(metrics, "systemcheck_user_processes")->samples.size(), user_series_max + 1);
  EXPECT_EQ(value_of(metrics, "systemcheck_user_processes", {{"user", "_other"}}), 10);
  EXPECT_EQ(value_of(metrics, "systemcheck_user_resident_memory_bytes", {{"user", "_other"}}), 55 * 4096);
  EXPECT_EQ(value_of(metrics, "systemcheck_user_processes", {{"user", "1011"}}), 1);
  EXPECT_EQ(value_of(metrics, "systemcheck_user_processes", {{"user", "1010"}}), std::nullopt);
}

TEST(Processes, OfUsersWithOneNameShareASeries) {
  FakeLook world;
  world.host.name_user(1, "twin");
  world.host.name_user(2, "twin");
  world.host.name_user(3, "_other");
  world.host.add_process({.pid = 1, .comm = "x", .cmdline = "x", .user = 1});
  world.host.add_process({.pid = 2, .comm = "x", .cmdline = "x", .user = 2});
  world.host.add_process({.pid = 3, .comm = "x", .cmdline = "x", .user = 3});
  const auto metrics = described(world);
  EXPECT_EQ(value_of(metrics, "systemcheck_user_processes", {{"user", "twin"}}), 2);
  EXPECT_EQ(value_of(metrics, "systemcheck_user_processes", {{"user", "_other"}}), 1);
  EXPECT_EQ(find_family(metrics, "systemcheck_user_processes")->samples.size(), 2U);
}

TEST(Processes, NameNoProcessInAnyLabel) {
  FakeLook world;
  world.host.add_process(
      {.pid = 4711, .comm = "secret-comm", .cmdline = "secret-line", .executable = "/secret-exe"});
  const auto metrics = described(world);
  for (const auto& family : metrics.families()) {
    for (const auto& sample : family.samples) {
      for (const auto& [label, value] : sample.labels) {
        EXPECT_THAT(value, testing::Not(testing::AnyOf(HasSubstr("secret"), HasSubstr("4711"))))
            << family.name;
      }
    }
  }
}

TEST(Processes, AreAnErrorWhenThereIsNotOne) {
  FakeLook world;
  const auto table = Processes::collect(world.look);
  ASSERT_FALSE(table);
  EXPECT_THAT(table.error().message, HasSubstr("not one process"));
}

TEST(Processes, AreAnErrorWhenMostOfThemCannotBeRead) {
  FakeLook world;
  for (pid_t pid = 1; pid <= 10; ++pid) {
    world.host.add_process({.pid = pid, .comm = "x", .cmdline = "x"});
    if (pid > 4) world.host.fail("/proc/" + std::to_string(pid) + "/stat", Error::Kind::failed);
  }
  const auto table = Processes::collect(world.look);
  ASSERT_FALSE(table);
  EXPECT_THAT(table.error().message, HasSubstr("6 of 10 processes cannot be read"));
}

TEST(Processes, AreAnErrorWhenMoreAreUnreadableThanAreListed) {
  FakeLook world;
  constexpr int readable = 3000;
  for (pid_t pid = 1; pid <= readable + static_cast<pid_t>(unread_processes_max) + 1; ++pid) {
    world.host.add_process({.pid = pid, .comm = "x", .cmdline = "x"});
    if (pid > readable) world.host.fail("/proc/" + std::to_string(pid) + "/stat", Error::Kind::failed);
  }
  EXPECT_FALSE(Processes::collect(world.look));
}

TEST(Processes, AreFoundByPid) {
  FakeLook world;
  for (const pid_t pid : {3, 1, 1000, 70})
    world.host.add_process({.pid = pid, .comm = "x", .cmdline = "x"});
  const auto table = Processes::collect(world.look);
  ASSERT_TRUE(table);
  EXPECT_EQ(table->find(70)->identity.pid, 70);
  EXPECT_EQ(table->find(71), nullptr);
  EXPECT_EQ(table->find(1001), nullptr);
}

TEST(Processes, KnowTheNamesOfTheirUsers) {
  FakeLook world;
  world.host.name_user(33, "www-data");
  world.host.add_process({.pid = 1, .comm = "x", .cmdline = "x", .user = 33});
  const auto table = Processes::collect(world.look);
  ASSERT_TRUE(table);
  EXPECT_EQ(table->user_name(33), "www-data");
  EXPECT_EQ(table->user_name(34), "");
}

}  // namespace
}  // namespace systemcheck
