#include "collect/service_kin.h"

#include <gtest/gtest.h>

#include "support/fake_look.h"

namespace systemcheck {
namespace {

using test::FakeLook;

/// The table of a machine on which only these processes live.
Processes table_of(FakeLook& world) {
  auto table = Processes::collect(world.look);
  EXPECT_TRUE(table);
  return table ? *std::move(table) : Processes{};
}

TEST(KinMemory, ForgetsChildrenThatHaveEnded) {
  FakeLook world;
  world.host.add_process({.pid = 1, .comm = "init", .cmdline = "init", .session = 5});
  KinMemory memory;
  for (pid_t pid = 1; pid <= 1000; ++pid)
    memory.learn({.pid = pid, .start_ticks = 1000}, KinMemory::Child::worker);
  memory.sweep(table_of(world));
  EXPECT_EQ(memory.size(), 1U);
  EXPECT_EQ(memory.find({.pid = 1, .start_ticks = 1000}), KinMemory::Child::worker);
}

TEST(KinMemory, ForgetsAChildWhoseNumberIsAStrangersNow) {
  FakeLook world;
  world.host.add_process({.pid = 7, .comm = "x", .cmdline = "x", .started_after = 500});
  KinMemory memory;
  memory.learn({.pid = 7, .start_ticks = 1000}, KinMemory::Child::session);
  memory.sweep(table_of(world));
  EXPECT_EQ(memory.size(), 0U);
}

TEST(KinMemory, TakesAWorkerThatBeganASessionSinceForThatSession) {
  FakeLook world;
  world.host.add_process({.pid = 7, .parent = 1, .comm = "x", .cmdline = "x", .session = 7});
  world.host.add_process({.pid = 8, .parent = 1, .comm = "x", .cmdline = "x", .session = 7});
  KinMemory memory;
  memory.learn({.pid = 7, .start_ticks = 1000}, KinMemory::Child::worker);
  memory.learn({.pid = 8, .start_ticks = 1000}, KinMemory::Child::worker);
  memory.sweep(table_of(world));
  EXPECT_EQ(memory.find({.pid = 7, .start_ticks = 1000}), KinMemory::Child::session);
  EXPECT_EQ(memory.find({.pid = 8, .start_ticks = 1000}), KinMemory::Child::worker);
}

TEST(KinMemory, KnowsTheSessionOfALeaderAsLongAsSomebodyIsInIt) {
  FakeLook world;
  world.host.add_process({.pid = 20, .comm = "log", .cmdline = "d/log", .session = 10});
  KinMemory memory;
  memory.note_main({.identity = {.pid = 10, .start_ticks = 1000}}, {});
  const auto sessions = [&] {
    memory.sweep(table_of(world));
    Circumstances circumstances;
    memory.tell(3, circumstances);
    return circumstances.sessions;
  };
  EXPECT_EQ(sessions(), (std::unordered_map<pid_t, std::size_t>{{10, 3}}));
  world.host.end_process(20);
  world.host.add_process({.pid = 1, .comm = "init", .cmdline = "init"});
  EXPECT_TRUE(sessions().empty());
}

TEST(KinMemory, DoesNotTakeAStrangersSessionForThatOfALeader) {
  FakeLook world;
  world.host.add_process({.pid = 10, .comm = "x", .cmdline = "x", .session = 10, .started_after = 500});
  world.host.add_process({.pid = 20, .parent = 10, .comm = "y", .cmdline = "y", .session = 10});
  KinMemory memory;
  memory.note_main({.identity = {.pid = 10, .start_ticks = 1000}}, {});
  memory.sweep(table_of(world));
  Circumstances circumstances;
  memory.tell(0, circumstances);
  EXPECT_TRUE(circumstances.sessions.empty());
}

/// A machine with one service `d`, whose program is /usr/sbin/d and whose main process is 10.
struct OneService {
  FakeLook world{};
  std::vector<ServiceRule> rules{};
  KinMemory memory{};

  OneService() {
    rules.emplace_back(Service{.name = "d", .match = {.executables = {"/usr/sbin/d"}}});
    add({.pid = 10, .session = 10});
  }
  void add(test::FakeProcess process) {
    process.cmdline = "d";
    process.executable = "/usr/sbin/d";
    world.host.add_process(process);
  }
  void look() {
    const auto table = table_of(world);
    memory.sweep(table);
    const Circumstances circumstances;
    const RuleIndex index(rules);
    const ServiceOwners owners(index, table, circumstances);
    std::vector<const Process*> owned;
    for (const auto& process : table.all)
      owned.push_back(&process);
    (void)KinFinder(rules[0], table, owners).find(owned, std::nullopt, memory);
  }
};

TEST(KinFinder, CountsWhatASessionStartsToTheSession) {
  OneService d;
  d.add({.pid = 20, .parent = 10, .session = 20});
  d.add({.pid = 30, .parent = 20, .session = 20});
  d.add({.pid = 40, .parent = 10, .session = 10});
  d.look();
  d.look();
  EXPECT_EQ(d.memory.find({.pid = 30, .start_ticks = 1000}), KinMemory::Child::session);
  EXPECT_EQ(d.memory.find({.pid = 40, .start_ticks = 1000}), KinMemory::Child::worker);
}

TEST(KinFinder, LetsNothingPileUpWhileWorkersComeAndGo) {
  OneService d;
  for (pid_t pid = 100; pid < 200; ++pid) {
    d.add({.pid = pid, .parent = 10, .session = 10});
    d.look();
    d.world.host.end_process(pid);
  }
  EXPECT_EQ(d.memory.size(), 1U) << "the last worker, which nobody has seen go yet";
}

}  // namespace
}  // namespace systemcheck
