#include "collect/services.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/service_world.h"

namespace systemcheck {
namespace {

using std::chrono::seconds;
using test::FakeHost;
using test::FakeProcess;
using test::main_pid;
using test::pids_of;
using test::ServiceWorld;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

Service daemon_with(Match match) { return {.name = "daemon", .match = std::move(match)}; }

FakeProcess worker(pid_t pid, std::uint64_t user_ticks, std::uint64_t system_ticks) {
  return {.pid = pid,
          .cmdline = "d",
          .executable = "/usr/sbin/d",
          .user_ticks = user_ticks,
          .system_ticks = system_ticks};
}

struct World : ServiceWorld {
  World() : ServiceWorld({daemon_with({.executables = {"/usr/sbin/d"}})}) { install("/usr/sbin/d"); }
};

TEST(Services, CannotBeToldWithoutAProcessTable) {
  World world;
  world.host.fail("/proc/uptime", Error::Kind::denied);
  ServiceMatcher matcher(std::vector{daemon_with({.executables = {"/usr/sbin/d"}})});
  const auto services = matcher.match(world.host, Processes::collect(world.look));
  ASSERT_EQ(services.size(), 1U);
  ASSERT_TRUE(services[0].unreadable);
  EXPECT_THAT(services[0].unreadable->message, HasSubstr("/proc/uptime"));
  EXPECT_TRUE(services[0].is_installed);
}

TEST(Services, CannotBeToldWhileAMemberIsUnreadable) {
  World world;
  world.host.add_process(worker(10, 0, 0));
  EXPECT_EQ(main_pid(world.look_again()[0]), 10);
  world.host.fail("/proc/10/stat", Error::Kind::failed);
  EXPECT_TRUE(world.look_again()[0].unreadable);
  world.host.mend("/proc/10/stat");
  EXPECT_EQ(main_pid(world.look_again()[0]), 10);
}

/// A service that is asked on port 8080, which process 11 has.
struct PortWorld : ServiceWorld {
  explicit PortWorld(std::vector<Service> services) : ServiceWorld(std::move(services)) {
    host.add_process(worker(10, 0, 0));
    host.link("/proc/10/fd/0", "/dev/null");
    host.link("/proc/1/fd/0", "/dev/null");
    host.add_process({.pid = 11, .cmdline = "other", .executable = "/usr/bin/other"});
    host.write("/proc/11/comm", "other\n");
    host.link("/proc/11/fd/3", "socket:[555]");
    host.write("/proc/net/tcp", "0: 00000000:1F90 00000000:0000 0A 0:0 0:0 0 0 0 555\n");
  }
  std::optional<PortSight> ports(const std::vector<PortQuestion>& questions) {
    return look_now({}, questions)[0].ports;
  }
};

Service asked_daemon() {
  auto service = daemon_with({.executables = {"/usr/sbin/d"}});
  service.probes = {{.kind = ProbeKind::tcp, .target = "127.0.0.1:8080"}};
  return service;
}

TEST(Services, AreToldOfAStrangerOnTheirPortOnlyWhereThatIsAsked) {
  PortWorld world({asked_daemon()});
  EXPECT_FALSE(world.ports({}));
  const auto ports = world.ports({{.service = 0, .own = {8080}}});
  ASSERT_TRUE(ports);
  EXPECT_EQ(ports->stranger, (PortStranger{.port = 8080, .pid = 11, .name = "other"}));
  EXPECT_TRUE(ports->own.empty());
  EXPECT_FALSE(world.ports({{.service = 1, .own = {8080}}})) << "of a configuration that is no more";
}

TEST(Services, AreNotBlurredByAStrangerThatIsUnreadable) {
  World world;
  world.host.add_process(worker(10, 0, 0));
  world.host.add_process({.pid = 11, .comm = "other", .cmdline = "other"});
  world.host.fail("/proc/11/stat", Error::Kind::failed);
  EXPECT_FALSE(world.look_again()[0].unreadable);
}

TEST(Services, AreAbsentWithoutUnitExecutableAndEvidence) {
  ServiceWorld world({daemon_with({.units = {"d.service"}, .executables = {"/usr/sbin/d"}})});
  EXPECT_FALSE(world.look_again()[0].is_installed);
}

TEST(Services, AreInstalledWhereTheyRun) {
  ServiceWorld world({daemon_with({.units = {"d.service"}, .executables = {"/usr/sbin/d"}})});
  auto process = worker(10, 0, 0);
  process.control_group = "/system.slice/d.service";
  world.host.add_process(process);
  const auto services = world.look_again();
  EXPECT_TRUE(services[0].is_installed);
  EXPECT_EQ(services[0].unit, "d.service");
}

TEST(ServiceUsage, CountsFromWhenWeBeganToLook) {
  World world;
  world.host.add_process(worker(10, 500, 300));
  EXPECT_EQ(world.look_again()[0].user_seconds_total, 0);
  world.host.add_process(worker(10, 700, 350));
  const auto services = world.look_again();
  EXPECT_DOUBLE_EQ(services[0].user_seconds_total, 2);
  EXPECT_DOUBLE_EQ(services[0].system_seconds_total, 0.5);
  EXPECT_EQ(services[0].process_starts_total, 0U);
}

TEST(ServiceUsage, KeepsWhatEndedProcessesUsed) {
  World world;
  world.host.add_process(worker(10, 0, 0));
  world.host.add_process(worker(11, 0, 0));
  (void)world.look_again();
  world.host.add_process(worker(11, 900, 0));
  EXPECT_DOUBLE_EQ(world.look_again()[0].user_seconds_total, 9);
  world.host.end_process(11);
  EXPECT_DOUBLE_EQ(world.look_again()[0].user_seconds_total, 9);
}

TEST(ServiceUsage, CountsANewProcessFromItsBeginning) {
  World world;
  world.host.add_process(worker(10, 100, 0));
  (void)world.look_again();
  auto late = worker(11, 250, 0);
  late.started_after = world.host.uptime() + 1;
  world.host.add_process(late);
  const auto services = world.look_again();
  EXPECT_DOUBLE_EQ(services[0].user_seconds_total, 2.5);
  EXPECT_EQ(services[0].process_starts_total, 1U);
}

TEST(ServiceUsage, CountsAnOldProcessThatBecameAMemberFromThenOn) {
  World world;
  world.host.add_process(worker(10, 0, 0));
  auto old = worker(11, 5000, 0);
  old.executable = "/bin/sh";
  world.host.add_process(old);
  (void)world.look_again();
  old.comm = "d";  // it executes the daemon
  old.executable = "/usr/sbin/d";
  world.host.add_process(old);
  EXPECT_EQ(world.look_again()[0].user_seconds_total, 0);
  old.user_ticks = 5100;
  world.host.add_process(old);
  EXPECT_DOUBLE_EQ(world.look_again()[0].user_seconds_total, 1);
}

TEST(ServiceUsage, CountsTheLastTicksOfAZombie) {
  World world;
  world.host.add_process(worker(10, 100, 0));
  (void)world.look_again();
  auto dead = worker(10, 160, 0);
  dead.state = 'Z';
  world.host.add_process(dead);
  EXPECT_DOUBLE_EQ(world.look_again()[0].user_seconds_total, 0.6);
  EXPECT_DOUBLE_EQ(world.look_again()[0].user_seconds_total, 0.6);
}

TEST(ServiceUsage, DoesNotMixUpProcessesOfOneNumber) {
  World world;
  world.host.add_process(worker(10, 5000, 0));
  (void)world.look_again();
  auto next = worker(10, 100, 0);
  next.started_after = world.host.uptime() + 1;
  world.host.add_process(next);
  const auto services = world.look_again();
  EXPECT_DOUBLE_EQ(services[0].user_seconds_total, 1);
  EXPECT_EQ(services[0].process_starts_total, 1U);
}

TEST(ServiceUsage, NeverDecreasesUnderAnyChurn) {
  World world;
  double before = 0;
  for (int round = 0; round < 200; ++round) {
    const auto pid = static_cast<pid_t>(10 + (round * 7) % 13);
    if (round % 3 == 0) world.host.end_process(pid);
    if (round % 3 != 0) {
      auto process = worker(pid, static_cast<std::uint64_t>((round * 37) % 500), 1);
      process.started_after = 10 + round % 5;
      world.host.add_process(process);
    }
    if (round % 50 == 49) world.host.fail("/proc/uptime", Error::Kind::denied);
    const auto now = world.look_again()[0].user_seconds_total;
    world.host.mend("/proc/uptime");
    EXPECT_GE(now, before) << round;
    before = now;
  }
}

TEST(Services, SumUpTheirSwapOnlyWhereThereIsSome) {
  World world;
  auto process = worker(10, 0, 0);
  process.swap_kib = 12;
  world.host.add_process(process);
  EXPECT_EQ(world.look_again()[0].swap_bytes, 0U) << "no swap space in use: not even read";
  world.host.write("/proc/meminfo",
                   "MemTotal: 1000 kB\nMemAvailable: 500 kB\nSwapTotal: 100 kB\nSwapFree: 50 kB\n");
  EXPECT_EQ(world.look_again()[0].swap_bytes, 12288U);
}

TEST(Services, SayWhenTheirOldestProcessStarted) {
  World world;
  auto young = worker(10, 0, 0);
  young.started_after = 500;
  world.host.add_process(young);
  world.host.add_process(worker(11, 0, 0));
  const auto services = world.look_again();
  ASSERT_TRUE(services[0].oldest_start);
  EXPECT_DOUBLE_EQ(epoch_seconds(*services[0].oldest_start), FakeHost::boot_time + 10);
}

struct PidFileWorld : ServiceWorld {
  PidFileWorld() : ServiceWorld({daemon_with({.executables = {"/usr/sbin/d"}, .pidfile = "/run/d.pid"})}) {
    host.add_process(worker(10, 0, 0));
    host.add_process(worker(11, 0, 0));
  }
};

TEST(PidFile, NamesTheMainProcess) {
  PidFileWorld world;
  world.host.write("/run/d.pid", "11\n");
  const auto services = world.look_again();
  EXPECT_EQ(main_pid(services[0]), 11);
  EXPECT_EQ(services[0].note, "");
}

TEST(PidFile, MayHaveMoreLines) {
  PidFileWorld world;
  world.host.write("/run/d.pid", "11\n/var/lib/d\n1700000000\n");
  EXPECT_EQ(main_pid(world.look_again()[0]), 11);
}

TEST(PidFile, IsNotMissed) {
  PidFileWorld world;
  const auto services = world.look_again();
  EXPECT_EQ(main_pid(services[0]), 10);
  EXPECT_EQ(services[0].note, "");
}

TEST(PidFile, WithoutANumberIsNotBelieved) {
  for (const auto* text :
       {"", "\n", "x", "11x", "-11", "0", "11 12", "0x0b", "+11", "99999999999999999999"}) {
    PidFileWorld world;
    world.host.write("/run/d.pid", text);
    const auto services = world.look_again();
    EXPECT_EQ(services[0].note, "the pid file holds no process number") << text;
    EXPECT_EQ(main_pid(services[0]), 10) << text;
  }
}

TEST(PidFile, OlderThanTheProcessIsNotBelieved) {
  PidFileWorld world;
  world.host.write("/run/d.pid", "11\n");
  auto reused = worker(11, 0, 0);
  reused.started_after = world.host.uptime() + 3;
  world.host.add_process(reused);
  const auto services = world.look_again();
  EXPECT_EQ(services[0].note, "the pid file names 11, which started after the file was written");
  EXPECT_EQ(main_pid(services[0]), 10);
}

TEST(PidFile, MayBeWrittenInTheSecondOfTheStart) {
  PidFileWorld world;
  world.host.write("/run/d.pid", "11\n");
  auto started = worker(11, 0, 0);
  started.started_after = world.host.uptime() + 2;
  world.host.add_process(started);
  EXPECT_EQ(main_pid(world.look_again()[0]), 11);
}

TEST(PidFile, ThatNamesAZombieIsNotBelieved) {
  PidFileWorld world;
  world.host.write("/run/d.pid", "11\n");
  auto dead = worker(11, 0, 0);
  dead.state = 'Z';
  world.host.add_process(dead);
  EXPECT_EQ(world.look_again()[0].note, "the pid file names 11, which is not running");
}

TEST(PidFile, WithAHostileCommandLineBehindItIsToldInPrintableWords) {
  PidFileWorld world;
  world.host.write("/run/d.pid", "12\n");
  world.host.add_process({.pid = 12, .comm = "x", .cmdline = "a\x1b[31m\nb", .executable = "/tmp/\x1b]0;x"});
  EXPECT_EQ(world.look_again()[0].note, "the pid file names 12, which is /tmp/\\x1b]0;x");
}

TEST(PidFile, ThatIsNotOursToReadIsNoted) {
  PidFileWorld world;
  world.host.write("/run/d.pid", "11\n");
  world.host.fail("/run/d.pid", Error::Kind::denied);
  const auto services = world.look_again();
  EXPECT_EQ(services[0].note, "the pid file cannot be read");
  EXPECT_EQ(main_pid(services[0]), 10);
}

}  // namespace
}  // namespace systemcheck
