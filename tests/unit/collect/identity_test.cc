#include <gtest/gtest.h>

#include "collect/process_cache.h"
#include "support/service_world.h"

// Whose process it is, where that is hard to tell: after a crash, between two units, with a stale pid file.

namespace systemcheck::test {
namespace {

using namespace std::chrono_literals;

/// A server that was started by hand, whose sessions look like itself.
Service server() {
  return {
      .name = "d", .match = {.executables = {"/usr/sbin/d"}}, .processes = {.min = 1, .max = std::nullopt}};
}

class ServerWorld : public ServiceWorld {
 public:
  explicit ServerWorld(Service service = server()) : ServiceWorld({std::move(service)}) { forget_systemd(); }

  /// Born now.
  void start(pid_t pid, pid_t parent, pid_t session = 0) {
    host.add_process({.pid = pid,
                      .parent = parent,
                      .cmdline = "/usr/sbin/d",
                      .executable = "/usr/sbin/d",
                      .session = session,
                      .started_after = host.uptime()});
  }
  /// It ends, its children fall to the first process, and that is seen as a crash or not.
  ServiceProcesses end(pid_t pid, std::vector<pid_t> children, bool is_crash) {
    const ProcessIdentity main{.pid = pid, .start_ticks = start_ticks(pid)};
    host.end_process(pid);
    for (const auto child : children)
      adopt(child);
    const std::vector<MainCrash> crashes{{.service = 0, .main = main, .at = host.now()}};
    host.advance(10ms);
    return look_now(is_crash ? crashes : std::vector<MainCrash>{})[0];
  }
  void pass(Duration time) { host.advance(time); }

 private:
  std::uint64_t start_ticks(pid_t pid) {
    const auto table = Processes::collect(look);
    return table ? table->find(pid)->identity.start_ticks : 0;
  }
  void adopt(pid_t pid) {
    const auto table = Processes::collect(look);
    const auto* process = table ? table->find(pid) : nullptr;
    ASSERT_NE(process, nullptr);
    host.add_process({.pid = pid,
                      .parent = 1,
                      .cmdline = "/usr/sbin/d",
                      .executable = "/usr/sbin/d",
                      .session = process->session,
                      .started_after = static_cast<double>(process->identity.start_ticks) / 100});
  }
};

TEST(AfterACrash, ASessionOfAListenerThatWasYoungIsNotTakenForIt) {
  ServerWorld world;
  world.start(10, 1);
  world.pass(500ms);
  world.start(11, 10);
  world.pass(500ms);
  ASSERT_EQ(main_pid(world.look_now()[0]), 10);
  const auto after = world.end(10, {11}, true);
  EXPECT_EQ(main_pid(after), 0);
  EXPECT_TRUE(after.members.empty()) << "it is somebody's session: not to be ended with the service";
}

TEST(AfterACrash, AWorkerThatWasNeverSeenWithItsParentIsLeftBehind) {
  ServerWorld world;
  world.start(10, 1);
  world.pass(1h);
  ASSERT_EQ(main_pid(world.look_now()[0]), 10);
  world.pass(30s);
  world.start(11, 10, 10);  // No look sees it before the crash.
  world.pass(1s);
  const auto after = world.end(10, {11}, true);
  EXPECT_EQ(main_pid(after), 0);
  EXPECT_EQ(pids_of(after), std::vector<pid_t>{11}) << "it goes with the service";
}

/// As apache is seen whose starter has just ended, and which has forked its workers when the next look comes.
TEST(AfterACrash, WorkersInASessionThatWasBegunAfterTheLastLookAreLeftBehind) {
  auto service = server();
  service.match.user = "root";
  for (const bool is_crash : {true, false}) {
    SCOPED_TRACE(is_crash);
    ServerWorld world(service);
    world.start(10, 1, 5);
    ASSERT_EQ(main_pid(world.look_now()[0]), 10);
    world.pass(30ms);
    world.host.add_process({.pid = 11,
                            .parent = 1,
                            .cmdline = "/usr/sbin/d",
                            .executable = "/usr/sbin/d",
                            .user = 33,
                            .session = 10,
                            .started_after = world.host.uptime()});
    world.host.add_process({.pid = 12,
                            .parent = 1,
                            .cmdline = "d/log",
                            .executable = "/usr/lib/d/log",
                            .session = 10,
                            .started_after = world.host.uptime()});
    world.pass(100ms);
    const auto after = world.end(10, {}, is_crash);
    EXPECT_EQ(main_pid(after), 0);
    EXPECT_EQ(pids_of(after), (std::vector<pid_t>{11, 12})) << "they go with the service";
  }
}

TEST(AfterACrash, ASuccessorIsTheService) {
  ServerWorld world;
  world.start(10, 1);
  world.pass(1h);
  ASSERT_EQ(main_pid(world.look_now()[0]), 10);
  ASSERT_EQ(main_pid(world.end(10, {}, true)), 0);
  world.start(20, 1);
  EXPECT_EQ(main_pid(world.look_now()[0]), 20);
}

TEST(AfterACrash, OneThatWasStartedWithinTheSameMomentIsTheService) {
  ServerWorld world;
  world.start(10, 1);
  world.pass(1h);
  ASSERT_EQ(main_pid(world.look_now()[0]), 10);
  world.start(20, 1);  // A supervisor was quicker than we are.
  EXPECT_EQ(main_pid(world.end(10, {}, true)), 20);
}

TEST(AfterACrash, AnEqualThatStoodBesideItTakesItsPlace) {
  ServerWorld world;
  world.start(10, 1);
  world.start(11, 1);
  world.pass(1h);
  ASSERT_EQ(main_pid(world.look_now()[0]), 10);
  EXPECT_EQ(main_pid(world.end(10, {}, true)), 11);
}

TEST(AfterAnEnd, AStarterLeavesTheServiceBehind) {
  ServerWorld world;
  world.start(10, 1);
  world.pass(500ms);
  world.start(11, 10);
  world.pass(500ms);
  ASSERT_EQ(main_pid(world.look_now()[0]), 10);
  EXPECT_EQ(main_pid(world.end(10, {11}, false)), 11) << "it left by itself, and well";
}

/// Both units are installed on a machine with bind-chroot, and one of them runs.
class NameServerWorld : public ServiceWorld {
 public:
  NameServerWorld()
      : ServiceWorld({{.name = "bind",
                       .match = {.units = {"named.service", "named-chroot.service"},
                                 .executables = {"/usr/sbin/named"}}}}) {
    install_unit("named.service");
    install_unit("named-chroot.service");
  }
  void start_in(const std::string& unit) {
    host.add_process({.pid = 10,
                      .cmdline = "/usr/sbin/named -u named",
                      .executable = "/usr/sbin/named",
                      .control_group = "/system.slice/" + unit});
  }
};

TEST(SeveralUnits, TheOneThatHoldsTheMainProcessIsTheServices) {
  NameServerWorld world;
  world.start_in("named-chroot.service");
  EXPECT_EQ(world.look_again()[0].unit, "named-chroot.service");
}

TEST(SeveralUnits, ItStaysThatOneWhenTheProcessIsGone) {
  NameServerWorld world;
  world.start_in("named-chroot.service");
  world.look_again();
  world.host.end_process(10);
  EXPECT_EQ(world.look_again()[0].unit, "named-chroot.service");
  EXPECT_EQ(world.look_again()[0].unit, "named-chroot.service");
}

TEST(SeveralUnits, ItIsAnotherOneWhenThatIsRemoved) {
  NameServerWorld world;
  world.start_in("named-chroot.service");
  world.look_again();
  world.host.end_process(10);
  world.host.remove("/usr/lib/systemd/system/named-chroot.service");
  EXPECT_EQ(world.look_again()[0].unit, "named.service");
}

TEST(SeveralUnits, BeforeAnyRunsItIsTheOneThatStartsWithTheMachine) {
  NameServerWorld world;
  EXPECT_EQ(world.look_again()[0].unit, "named.service");
  world.host.link("/etc/systemd/system/multi-user.target.wants/named-chroot.service",
                  "/usr/lib/systemd/system/named-chroot.service");
  EXPECT_EQ(world.look_again()[0].unit, "named-chroot.service");
}

Service with_pid_file() {
  auto service = server();
  service.match.pidfile = "/run/d.pid";
  return service;
}

TEST(StalePidFile, IsFoundWhenTheServiceHasHadTheTimeToWriteIt) {
  ServerWorld world(with_pid_file());
  world.host.write("/run/d.pid", "99\n");
  world.start(10, 1);
  world.pass(5s);
  auto service = world.look_now()[0];
  EXPECT_EQ(service.misfit, (PidFileMisfit{.kind = Misfit::dead, .pid = 99}));
  EXPECT_FALSE(service.is_pid_file_stale);
  world.pass(6s);
  service = world.look_now()[0];
  EXPECT_EQ(main_pid(service), 10);
  EXPECT_TRUE(service.is_pid_file_stale);
}

TEST(StalePidFile, IsToldByWhatIsWrongWithIt) {
  ServerWorld world(with_pid_file());
  world.start(10, 1);
  world.host.add_process({.pid = 50, .cmdline = "sleep 1000", .executable = "/usr/bin/sleep"});
  world.host.write("/run/d.pid", "50\n");
  EXPECT_EQ(world.look_again()[0].misfit, (PidFileMisfit{.kind = Misfit::stranger, .pid = 50}));
  world.pass(1h);
  world.start(50, 1);
  EXPECT_EQ(world.look_again()[0].misfit, (PidFileMisfit{.kind = Misfit::reused, .pid = 50}));
  world.host.write("/run/d.pid", "10\n");
  EXPECT_EQ(world.look_again()[0].misfit, std::nullopt);
}

TEST(StaleBinary, IsTheMainProcess) {
  ServerWorld world;
  world.start(10, 1);
  EXPECT_FALSE(world.look_again()[0].is_binary_stale);
  world.host.link("/proc/10/exe", "/usr/sbin/d (deleted)");
  const auto service = world.look_again()[0];
  EXPECT_TRUE(service.is_binary_stale);
  EXPECT_EQ(main_pid(service), 10) << "it is the same service all the same";
}

TEST(Headless, AProcessWhoseFirstThreadHasLeftIsNotGone) {
  ServerWorld world;
  world.start(10, 1);
  ASSERT_EQ(main_pid(world.look_again()[0]), 10);
  auto headless = FakeProcess{.pid = 10,
                              .executable = "/usr/sbin/d",
                              .state = 'Z',
                              .started_after = world.host.uptime() - 60,
                              .threads = 3};
  headless.comm = "d";
  world.host.add_process(headless);
  world.host.fail("/proc/10/exe", Error::Kind::denied);
  for (int i = 0; i < 3 * text_refresh_passes; ++i)
    ASSERT_EQ(main_pid(world.look_again()[0]), 10);
  headless.threads = 1;
  world.host.add_process(headless);
  EXPECT_EQ(main_pid(world.look_again()[0]), 0);
}

}  // namespace
}  // namespace systemcheck::test
