#include "collect/process_cache.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "support/fake_look.h"

namespace systemcheck {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;
using test::FakeLook;
using test::FakeProcess;

/// A machine with `count` old processes besides nothing.
struct Town : FakeLook {
  explicit Town(int count) {
    for (pid_t pid = 1; pid <= count; ++pid)
      host.add_process(
          {.pid = pid, .comm = "sleep", .cmdline = "sleep 1000", .executable = "/usr/bin/sleep"});
  }

  Processes pass() {
    auto table = Processes::collect(look);
    EXPECT_TRUE(table);
    return table ? *std::move(table) : Processes{};
  }
  Processes changes(std::vector<pid_t> concerned) {
    look.concerned = concerned;
    auto table = Processes::collect_changes(look);
    look.concerned = {};
    EXPECT_TRUE(table);
    return table ? *std::move(table) : Processes{};
  }
  /// What a pass costs beyond the files that are read once, whatever number of processes there is.
  test::FakeHost::Counts cost_of_pass() {
    host.reset_counts();
    (void)pass();
    auto counts = host.counts;
    counts.reads -= 5;  // uptime, stat, meminfo, pid_max, ns_last_pid
    return counts;
  }
};

TEST(ProcessCache, ReadsOneFileAndOneOwnerOfEachProcessThatIsSeenAgain) {
  Town town(100);
  (void)town.pass();
  const auto cost = town.cost_of_pass();
  EXPECT_EQ(cost.reads, 100U);
  EXPECT_EQ(cost.statuses, 100U);
  EXPECT_EQ(cost.links, 0U);
}

TEST(ProcessCache, ReadsWhoDoesNothingByTurns) {
  Town town(99);
  (void)town.pass();
  (void)town.pass();
  for (int i = 0; i < 4; ++i) {
    const auto cost = town.cost_of_pass();
    EXPECT_EQ(cost.reads, 33U);
    EXPECT_EQ(cost.statuses, 33U);
  }
  for (pid_t pid = 1; pid <= 99; ++pid) {
    town.host.add_process({.pid = pid,
                           .comm = "sleep",
                           .cmdline = "sleep 1000",
                           .executable = "/usr/bin/sleep",
                           .user_ticks = 7});
  }
  for (std::uint32_t i = 1; i < quiet_turns; ++i)
    (void)town.pass();
  const auto table = town.pass();
  for (const auto& process : table.all)
    EXPECT_EQ(process.user_ticks, 7U) << process.identity.pid;
}

TEST(ProcessCache, LetsNobodyRestWhoRunsOrIsConcerned) {
  Town town(10);
  const std::vector<pid_t> concerned{3, 4};
  town.look.concerned = concerned;
  for (std::uint64_t ticks = 0; ticks < 4; ++ticks) {
    for (const pid_t pid : {7, 8}) {
      town.host.add_process({.pid = pid, .comm = "busy", .executable = "/bin/busy", .user_ticks = ticks});
    }
    const auto table = town.pass();
    EXPECT_EQ(table.find(7)->user_ticks, ticks);
    EXPECT_EQ(table.find(8)->user_ticks, ticks);
  }
  EXPECT_EQ(town.cost_of_pass().reads, 2U + 2U + 2U) << "the busy, the concerned, and a third of the others";
}

TEST(ProcessCache, FindsTheEndsOfThoseWhoRest) {
  Town town(4);
  (void)town.pass();
  (void)town.pass();
  town.host.end_process(1);
  town.host.end_process(2);
  EXPECT_EQ(town.pass().all.size(), 2U);
}

TEST(ProcessCache, ReadsTheTextsOfNewProcessesOnly) {
  Town town(100);
  (void)town.pass();
  town.host.add_process({.pid = 50'000, .comm = "new", .cmdline = "new", .executable = "/usr/bin/new"});
  const auto cost = town.cost_of_pass();
  EXPECT_EQ(cost.reads, 101U + 2) << "its command line and its control group";
  EXPECT_EQ(cost.links, 1U);
}

TEST(ProcessCache, ReadsAYoungProcessAnewUntilItSettles) {
  Town town(1);
  town.host.add_process({.pid = 9,
                         .comm = "httpd",
                         .cmdline = "sh start",
                         .executable = "/bin/sh",
                         .started_after = town.host.uptime()});
  EXPECT_EQ(town.pass().find(9)->text->executable, "/bin/sh");
  // It executes another program of the same name: pid, start and name stay.
  town.host.add_process({.pid = 9,
                         .comm = "httpd",
                         .cmdline = "httpd -D",
                         .executable = "/usr/sbin/httpd",
                         .started_after = town.host.uptime()});
  EXPECT_EQ(town.pass().find(9)->text->executable, "/usr/sbin/httpd");
  town.host.advance(2 * town.config.cycle);
  (void)town.pass();
  EXPECT_EQ(town.cost_of_pass().links, 0U) << "old enough by now";
}

TEST(ProcessCache, ReadsAnOldProcessAnewThatExecutesAnotherProgramOfTheSameName) {
  Town town(1);
  town.host.add_process({.pid = 9, .comm = "mysqld", .cmdline = "sh /opt/mysqld", .executable = "/bin/sh"});
  (void)town.pass();
  town.host.add_process({.pid = 9, .comm = "mysqld", .cmdline = "mysqld", .executable = "/usr/sbin/mysqld"});
  EXPECT_EQ(town.pass().find(9)->text->executable, "/usr/sbin/mysqld");
}

TEST(ProcessCache, OpensNothingOfWhatItKnowsWhenAskedForChanges) {
  Town town(100);
  (void)town.pass();
  town.host.reset_counts();
  const auto table = town.changes({});
  EXPECT_EQ(town.host.counts.reads, 5U) << "uptime, stat, meminfo, pid_max, ns_last_pid";
  EXPECT_EQ(town.host.counts.statuses, 0U);
  EXPECT_EQ(town.host.counts.lists, 0U);
  EXPECT_EQ(table.all.size(), 100U);
}

TEST(ProcessCache, ListsAllWhenItCannotTellWhoIsNew) {
  Town town(100);
  (void)town.pass();
  town.host.remove("/proc/sys/kernel/ns_last_pid");
  town.host.reset_counts();
  EXPECT_EQ(town.changes({}).all.size(), 100U);
  EXPECT_EQ(town.host.counts.lists, 1U);
  town.host.note_birth(101);
  (void)town.changes({});
  EXPECT_EQ(town.host.counts.lists, 2U) << "since then it knows again";
  town.host.add_process({.pid = 102, .cmdline = "new", .executable = "/bin/new"});
  EXPECT_NE(town.changes({}).find(102), nullptr);
  EXPECT_EQ(town.host.counts.lists, 2U);
}

TEST(ProcessCache, FindsWhoWasInTheMakingInTheNextChanges) {
  Town town(100);
  town.host.note_birth(150);  // It has its number, and is not to be seen yet.
  town.host.note_birth(151);
  (void)town.pass();
  town.host.add_process({.pid = 150, .cmdline = "slow", .executable = "/bin/slow"});
  town.host.write("/proc/sys/kernel/ns_last_pid", "151\n");
  EXPECT_NE(town.changes({}).find(150), nullptr);
}

TEST(ProcessCache, FindsTheEndsOfThoseItIsAskedFor) {
  Town town(10);
  (void)town.pass();
  town.host.end_process(3);
  town.host.end_process(7);
  const auto table = town.changes({7});
  EXPECT_EQ(table.find(7), nullptr);
  EXPECT_NE(table.find(3), nullptr) << "as the last pass left it";
  EXPECT_EQ(table.races_total, 0U) << "it has not ended while it was read";
  EXPECT_EQ(town.pass().find(3), nullptr);
}

TEST(ProcessCache, FindsWhoGotTheNumberOfOneItKnowsAmongTheChanges) {
  Town town(10);
  town.host.add_process({.pid = 50, .cmdline = "old", .executable = "/bin/old"});
  town.host.write("/proc/sys/kernel/ns_last_pid", "48\n");  // They have gone round since.
  (void)town.pass();
  EXPECT_NE(town.changes({}).find(50), nullptr);
  town.host.end_process(50);
  town.host.add_process({.pid = 50, .cmdline = "new", .executable = "/bin/new", .started_after = 3000});
  town.host.reset_counts();
  EXPECT_EQ(town.changes({}).find(50)->text->executable, "/bin/new");
  EXPECT_EQ(town.host.counts.lists, 0U);
}

TEST(ProcessCache, TakesNoThreadForANewcomer) {
  Town town(10);
  (void)town.pass();
  town.host.write("/proc/11/status", "Name:\tx\nTgid:\t10\n");
  town.host.write("/proc/11/stat", test::FakeHost::stat_line({.pid = 11, .comm = "sleep"}));
  town.host.note_birth(11);
  EXPECT_EQ(town.changes({}).find(11), nullptr);
}

TEST(ProcessCache, ReadsWhatItIsAskedForWhatIsNewAndWhatIsYoungAmongTheChanges) {
  Town town(100);
  town.host.add_process(
      {.pid = 200, .cmdline = "young", .executable = "/bin/young", .started_after = town.host.uptime()});
  (void)town.pass();
  for (const pid_t pid : {7, 8, 200, 300}) {
    town.host.add_process({.pid = pid,
                           .comm = "changed",
                           .cmdline = "changed",
                           .executable = "/bin/changed",
                           .started_after = pid == 200 ? town.host.uptime() : 10});
  }
  const auto table = town.changes({7});
  EXPECT_EQ(table.find(7)->text->comm, "changed") << "asked for";
  EXPECT_EQ(table.find(8)->text->comm, "sleep") << "neither";
  EXPECT_EQ(table.find(200)->text->comm, "changed") << "young";
  EXPECT_EQ(table.find(300)->text->comm, "changed") << "new";
  EXPECT_EQ(town.pass().find(8)->text->comm, "changed") << "the next pass reads them all";
}

TEST(ProcessCache, FindsEndsAndReusedNumbersAmongTheChangesOnceTheNumbersBeginAnew) {
  Town town(10);
  (void)town.pass();
  town.host.end_process(3);
  town.host.end_process(4);
  town.host.add_process(
      {.pid = 4, .cmdline = "httpd", .executable = "/usr/sbin/httpd", .started_after = 3000});
  const auto table = town.changes({});
  EXPECT_EQ(table.find(3), nullptr);
  ASSERT_NE(table.find(4), nullptr);
  EXPECT_EQ(table.find(4)->text->executable, "/usr/sbin/httpd");
}

TEST(ProcessCache, ReadsAProcessAnewThatGotAnotherName) {
  Town town(1);
  (void)town.pass();
  town.host.add_process({.pid = 1, .comm = "other", .cmdline = "other", .executable = "/usr/bin/other"});
  EXPECT_EQ(town.pass().find(1)->text->cmdline, "other");
}

TEST(ProcessCache, IsNotFooledByAReusedNumber) {
  Town town(1);
  (void)town.pass();
  town.host.add_process({.pid = 1,
                         .comm = "sleep",
                         .cmdline = "sleep 7",
                         .executable = "/usr/bin/sleep",
                         .started_after = 1000});
  const auto table = town.pass();
  EXPECT_EQ(table.find(1)->text->cmdline, "sleep 7");
  EXPECT_EQ(table.find(1)->identity.start_ticks, 100'000U);
}

TEST(ProcessCache, ReadsEveryTextAnewNowAndThen) {
  Town town(1);
  (void)town.pass();
  town.host.add_process(
      {.pid = 1, .comm = "sleep", .cmdline = "a new title", .executable = "/usr/bin/sleep"});
  for (int i = 0; i < 4 * text_refresh_passes; ++i)
    (void)town.pass();
  EXPECT_EQ(town.pass().find(1)->text->cmdline, "a new title");
}

TEST(ProcessCache, SharesATextThatDidNotChange) {
  Town town(1);
  const auto before = town.pass().find(1)->text;
  for (int i = 0; i < 2 * text_refresh_passes; ++i)
    EXPECT_EQ(town.pass().find(1)->text, before);
}

TEST(ProcessCache, SharesTheTextsOfNeighbours) {
  Town town(2);
  const auto table = town.pass();
  EXPECT_EQ(table.find(1)->text, table.find(2)->text);
}

TEST(ProcessCache, ForgetsWhatHasEnded) {
  Town town(1);
  for (pid_t pid = 100; pid < 400; ++pid) {
    town.host.add_process({.pid = pid, .comm = "brief", .cmdline = "brief", .executable = "/bin/brief"});
    (void)town.pass();
    town.host.end_process(pid);
  }
  (void)town.pass();
  EXPECT_EQ(town.cache.size(), 1U);
}

TEST(ProcessCache, TakesAProcessThatVanishesForARaceNotAnError) {
  for (const auto* file : {"/proc/5/stat", "/proc/5", "/proc/5/cmdline"}) {
    Town town(10);
    town.host.vanish(file);
    const auto table = town.pass();
    EXPECT_EQ(table.all.size(), 9U) << file;
    EXPECT_EQ(table.races_total, 1U) << file;
    EXPECT_EQ(table.read_errors_total, 0U) << file;
    EXPECT_TRUE(table.unread.empty()) << file;
  }
}

TEST(ProcessCache, NamesWhatCannotBeReadForAnotherReason) {
  Town town(10);
  town.host.fail("/proc/5/stat", Error::Kind::failed);
  town.host.write("/proc/7/stat", "torn");
  const auto table = town.pass();
  EXPECT_EQ(table.all.size(), 8U);
  EXPECT_EQ(table.read_errors_total, 2U);
  EXPECT_THAT(table.unread, testing::ElementsAre(5, 7));
}

TEST(ProcessCache, CountsRacesAndErrorsOverAllPasses) {
  Town town(10);
  town.host.vanish("/proc/5/stat");
  town.host.fail("/proc/6/stat", Error::Kind::failed);
  (void)town.pass();
  const auto table = town.pass();
  EXPECT_EQ(table.races_total, 2U);
  EXPECT_EQ(table.read_errors_total, 2U);
}

TEST(ProcessCache, JoinsArgumentsByBlanks) {
  Town town(1);
  town.host.write("/proc/1/cmdline", std::string("/usr/sbin/x\0-a\0\0b c\0\0\0\0", 23));
  EXPECT_EQ(town.pass().find(1)->text->cmdline, "/usr/sbin/x -a  b c");
}

TEST(ProcessCache, CutsVeryLongCommandLines) {
  Town town(1);
  town.host.write("/proc/1/cmdline", std::string(std::size_t{4} << 20, 'x'));
  EXPECT_EQ(town.pass().find(1)->text->cmdline.size(), cmdline_limit_bytes);
}

TEST(ProcessCache, KnowsAnExecutableThatWasReplaced) {
  Town town(1);
  town.host.link("/proc/1/exe", "/usr/sbin/apache2 (deleted)");
  EXPECT_EQ(town.pass().find(1)->text->executable, "/usr/sbin/apache2");
}

TEST(ProcessCache, TakesAnExecutableThatIsNotOursToSeeForNoError) {
  Town town(1);
  town.host.fail("/proc/1/exe", Error::Kind::denied);
  const auto table = town.pass();
  EXPECT_EQ(table.find(1)->text->executable, "");
  EXPECT_EQ(table.read_errors_total, 0U);
}

TEST(ProcessCache, KeepsHostileNamesAsTheyAre) {
  Town town(1);
  town.host.add_process(
      {.pid = 1, .comm = "foo) Z \n\xff", .cmdline = "evil\n\x1b[31m", .executable = "/tmp/a b"});
  const auto table = town.pass();
  EXPECT_EQ(table.find(1)->text->comm, "foo) Z \n\xff");
  EXPECT_EQ(table.find(1)->text->cmdline, "evil\n\x1b[31m");
  EXPECT_EQ(table.find(1)->state, 'S');
}

}  // namespace
}  // namespace systemcheck
