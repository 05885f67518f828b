#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <utility>

#include "support/service_world.h"

// sshd, rsyslog, named and dovecot, each told from its children and look-alikes.

namespace systemcheck {
namespace {

using test::FakeProcess;
using test::main_pid;
using test::pids_of;
using test::ServiceWorld;
using testing::ElementsAre;
using testing::IsEmpty;

Service sshd() {
  return {.name = "sshd",
          .match = {.units = {"ssh.service", "sshd.service"},
                    .executables = {"/usr/sbin/sshd"},
                    .user = "root",
                    .pidfile = "/run/sshd.pid",
                    .main_cmdline = "\\[listener\\]|^/usr/sbin/sshd( |$)"}};
}

FakeProcess sshd_process(pid_t pid, pid_t parent, const char* cmdline, const char* group) {
  return {.pid = pid,
          .parent = parent,
          .cmdline = cmdline,
          .executable = "/usr/sbin/sshd",
          .control_group = group};
}

constexpr const char* listener_line = "sshd: /usr/sbin/sshd -D [listener] 0 of 10-100 startups";
constexpr const char* session_group = "/user.slice/user-0.slice/session-1.scope";

struct Gate : ServiceWorld {
  Gate() : ServiceWorld({sshd()}) {
    install_unit("ssh.service");
    install("/usr/sbin/sshd");
    host.add_process(sshd_process(50, 1, listener_line, "/system.slice/ssh.service"));
    host.add_process(sshd_process(60, 50, "sshd: root@pts/0", session_group));
  }
};

TEST(Sshd, IsItsListenerNotItsSessions) {
  Gate world;
  const auto services = world.look_again();
  EXPECT_EQ(main_pid(services[0]), 50);
  EXPECT_THAT(pids_of(services[0]), ElementsAre(50));
}

TEST(Sshd, IsGoneWhenOnlySessionsAreLeft) {
  Gate world;
  (void)world.look_again();
  world.host.end_process(50);
  world.host.add_process(sshd_process(60, 1, "sshd: root@pts/0", session_group));
  const auto services = world.look_again();
  EXPECT_EQ(main_pid(services[0]), 0);
  EXPECT_THAT(pids_of(services[0]), IsEmpty()) << "sessions must never be ended as left over";
}

TEST(Sshd, IsGoneWhenOnlySessionsAreLeftThatNobodySawBegin) {
  Gate world;
  world.forget_systemd();
  world.host.end_process(50);
  world.host.add_process(sshd_process(60, 1, "sshd: root [priv]", "/"));
  auto below = sshd_process(61, 60, "sshd: root@pts/0", "/");
  below.session = 60;
  world.host.add_process(below);
  const auto services = world.look_again();
  EXPECT_EQ(main_pid(services[0]), 0);
  EXPECT_THAT(pids_of(services[0]), IsEmpty());
}

TEST(Sshd, KeepsSessionsApartWhereNoCommandLineTellsThem) {
  auto service = sshd();
  service.match.main_cmdline.clear();
  ServiceWorld world({service});
  world.forget_systemd();
  world.host.add_process(sshd_process(50, 1, "/usr/sbin/sshd -D", "/"));
  world.host.add_process(sshd_process(60, 50, "/usr/sbin/sshd -D -R", "/"));
  EXPECT_EQ(main_pid(world.look_again()[0]), 50);
  world.host.end_process(50);
  world.host.add_process(sshd_process(60, 1, "/usr/sbin/sshd -D -R", "/"));
  const auto services = world.look_again();
  EXPECT_EQ(main_pid(services[0]), 0);
  EXPECT_THAT(pids_of(services[0]), IsEmpty());
}

TEST(Sshd, IsInstalledAsTheUnitBehindTheAlias) {
  Gate world;
  world.host.link("/etc/systemd/system/sshd.service", "/usr/lib/systemd/system/ssh.service");
  auto service = sshd();
  service.match.units = {"sshd.service"};
  ServiceMatcher matcher(std::vector{service});
  const auto services = matcher.match(world.host, Processes::collect(world.look));
  EXPECT_EQ(services[0].unit, "ssh.service");
  EXPECT_EQ(main_pid(services[0]), 50);
}

TEST(Sshd, IsFoundByAReusedPidFileOnlyIfItIsSshd) {
  Gate world;
  world.host.end_process(50);
  world.host.add_process({.pid = 50, .cmdline = "sleep 1000", .executable = "/usr/bin/sleep"});
  world.host.write("/run/sshd.pid", "50\n");
  const auto services = world.look_again();
  EXPECT_EQ(main_pid(services[0]), 0);
  EXPECT_EQ(services[0].note, "the pid file names 50, which is /usr/bin/sleep");
}

Service rsyslog() {
  return {.name = "syslog",
          .match = {.units = {"rsyslog.service"}, .executables = {"/usr/sbin/rsyslogd"}, .user = "root"}};
}

TEST(Rsyslog, IsOneProcessWithThreads) {
  ServiceWorld world({rsyslog()});
  world.install_unit("rsyslog.service");
  world.host.add_process({.pid = 40,
                          .cmdline = "/usr/sbin/rsyslogd -n -iNONE",
                          .executable = "/usr/sbin/rsyslogd",
                          .control_group = "/system.slice/rsyslog.service",
                          .threads = 4,
                          .resident_pages = 10});
  const auto services = world.look_again();
  EXPECT_EQ(main_pid(services[0]), 40);
  EXPECT_EQ(services[0].threads, 4U);
  EXPECT_EQ(services[0].resident_bytes, 40960U);
}

TEST(Rsyslog, IsNotWhatReadsItsLog) {
  ServiceWorld world({rsyslog()});
  world.install("/usr/sbin/rsyslogd");
  world.host.add_process({.pid = 41, .cmdline = "vi /etc/rsyslogd.conf", .executable = "/usr/bin/vim"});
  world.host.add_process(
      {.pid = 42, .comm = "rsyslogd", .cmdline = "rsyslogd", .executable = "/tmp/rsyslogd"});
  const auto services = world.look_again();
  EXPECT_TRUE(services[0].is_installed);
  EXPECT_EQ(main_pid(services[0]), 0);
}

TEST(Rsyslog, RunsOnAfterItsProgramWasReplaced) {
  ServiceWorld world({rsyslog()});
  world.forget_systemd();
  world.host.add_process(
      {.pid = 40, .comm = "rsyslogd", .cmdline = "rsyslogd", .executable = "/usr/sbin/rsyslogd (deleted)"});
  EXPECT_EQ(main_pid(world.look_again()[0]), 40);
}

Service named() {
  return {
      .name = "bind",
      .match = {
          .units = {"named.service", "bind9.service"}, .executables = {"/usr/sbin/named"}, .user = "bind"}};
}

TEST(Named, IsTheOneOfItsUser) {
  ServiceWorld world({named()});
  world.forget_systemd();
  world.host.name_user(110, "bind");
  world.host.name_user(1000, "alice");
  world.host.add_process({.pid = 70,
                          .cmdline = "/usr/sbin/named -g",
                          .executable = "/usr/sbin/named",
                          .user = 1000,
                          .started_after = 5});
  world.host.add_process(
      {.pid = 71, .cmdline = "/usr/sbin/named -u bind", .executable = "/usr/sbin/named", .user = 110});
  EXPECT_EQ(main_pid(world.look_again()[0]), 71);
}

TEST(Named, HasANewNameOfItsUnit) {
  ServiceWorld world({named()});
  world.host.name_user(110, "bind");
  world.install_unit("named.service");
  world.host.link("/etc/systemd/system/bind9.service", "/usr/lib/systemd/system/named.service");
  world.host.add_process({.pid = 71,
                          .cmdline = "/usr/sbin/named -f",
                          .executable = "/usr/sbin/named",
                          .control_group = "/system.slice/named.service",
                          .user = 110});
  const auto services = world.look_again();
  EXPECT_EQ(services[0].unit, "named.service");
  EXPECT_EQ(main_pid(services[0]), 71);
}

TEST(Named, OfAnotherUnitIsNotOurs) {
  ServiceWorld world({named()});
  world.host.name_user(110, "bind");
  world.install_unit("named.service");
  world.host.add_process({.pid = 71,
                          .cmdline = "/usr/sbin/named -f",
                          .executable = "/usr/sbin/named",
                          .control_group = "/system.slice/named-resolver.service",
                          .user = 110});
  EXPECT_EQ(main_pid(world.look_again()[0]), 0);
}

Service dovecot() {
  return {.name = "dovecot",
          .match = {.units = {"dovecot.service"},
                    .executables = {"/usr/sbin/dovecot"},
                    .user = "root",
                    .main_cmdline = "^/usr/sbin/dovecot( -F)?$"}};
}

FakeProcess dovecots_worker(pid_t pid, const char* name, pid_t parent = 90) {
  return {.pid = pid,
          .parent = parent,
          .cmdline = std::string("dovecot/") + name,
          .executable = std::string("/usr/lib/dovecot/") + name,
          .control_group = "/",
          .session = 90};
}

/// As it is without systemd: its master, and workers that are programs of their own.
struct MailHost : ServiceWorld {
  MailHost() : ServiceWorld({dovecot()}) {
    forget_systemd();
    host.add_process({.pid = 90,
                      .cmdline = "/usr/sbin/dovecot",
                      .executable = "/usr/sbin/dovecot",
                      .control_group = "/",
                      .session = 90});
    host.add_process(dovecots_worker(91, "log"));
    host.add_process(dovecots_worker(92, "imap-login"));
  }
  /// Its workers live on, and have another parent.
  void kill_master() {
    host.end_process(90);
    for (const auto& [pid, name] : {std::pair{91, "log"}, std::pair{92, "imap-login"}})
      host.add_process(dovecots_worker(pid, name, 1));
  }
};

TEST(Dovecot, IsItsMasterAndWhatThatHasStarted) {
  MailHost world;
  const auto services = world.look_again();
  EXPECT_EQ(main_pid(services[0]), 90);
  EXPECT_THAT(pids_of(services[0]), ElementsAre(90, 91, 92));
}

TEST(Dovecot, LeavesWorkersBehindThatAreNoLongerDovecot) {
  MailHost world;
  (void)world.look_again();
  world.kill_master();
  world.host.add_process(dovecots_worker(93, "auth", 1));  // Begun after the last look.
  for (int look = 0; look < 2; ++look) {
    const auto services = world.look_again();
    EXPECT_EQ(main_pid(services[0]), 0);
    EXPECT_THAT(pids_of(services[0]), ElementsAre(91, 92, 93));
  }
}

TEST(Dovecot, KeepsTheWorkersOfItsOldMasterInMindBesideANewOne) {
  MailHost world;
  (void)world.look_again();
  world.kill_master();
  (void)world.look_again();
  world.host.add_process({.pid = 190,
                          .cmdline = "/usr/sbin/dovecot",
                          .executable = "/usr/sbin/dovecot",
                          .control_group = "/",
                          .session = 190});
  const auto services = world.look_again();
  EXPECT_EQ(main_pid(services[0]), 190);
  EXPECT_THAT(pids_of(services[0]), ElementsAre(91, 92, 190));
}

TEST(Dovecot, DoesNotOwnWhatLeftItsSession) {
  MailHost world;
  auto script = dovecots_worker(94, "script");
  script.session = 94;
  world.host.add_process(script);
  EXPECT_THAT(pids_of(world.look_again()[0]), ElementsAre(90, 91, 92));
  world.kill_master();
  EXPECT_THAT(pids_of(world.look_again()[0]), ElementsAre(91, 92));
}

TEST(Dovecot, BelongsToItsUnitWhereThereIsSystemd) {
  ServiceWorld world({dovecot()});
  world.install_unit("dovecot.service");
  const char* group = "/system.slice/dovecot.service";
  world.host.add_process({.pid = 90,
                          .cmdline = "/usr/sbin/dovecot -F",
                          .executable = "/usr/sbin/dovecot",
                          .control_group = group});
  auto worker = dovecots_worker(91, "log");
  worker.control_group = group;
  world.host.add_process(worker);
  // Somebody has moved it: it is the other unit's.
  auto moved = dovecots_worker(92, "auth");
  moved.control_group = "/system.slice/elsewhere.service";
  world.host.add_process(moved);
  EXPECT_THAT(pids_of(world.look_again()[0]), ElementsAre(90, 91));
}

TEST(Billing, IsToldByItsCommandLineAlone) {
  ServiceWorld world(
      {Service{.name = "billing", .match = {.cmdline = "^/usr/bin/python3 .*/billingd\\.py"}}});
  world.host.add_process({.pid = 80,
                          .cmdline = "/usr/bin/python3 -u /opt/billing/billingd.py",
                          .executable = "/usr/bin/python3.11",
                          .control_group = "/system.slice/whatever.service"});
  world.host.add_process({.pid = 81, .cmdline = "vi /opt/billing/billingd.py", .executable = "/usr/bin/vim"});
  world.host.add_process(
      {.pid = 82, .cmdline = "/usr/bin/python3 other.py", .executable = "/usr/bin/python3.11"});
  const auto services = world.look_again();
  EXPECT_TRUE(services[0].is_installed);
  EXPECT_THAT(pids_of(services[0]), ElementsAre(80));
}

TEST(Billing, HasSeveralProcessesOfItsOwnStart) {
  ServiceWorld world({Service{.name = "billing", .match = {.executables = {"/opt/billingd"}}}});
  for (const pid_t pid : {80, 81, 82})
    world.host.add_process({.pid = pid, .cmdline = "billingd", .executable = "/opt/billingd"});
  EXPECT_THAT(pids_of(world.look_again()[0]), ElementsAre(80, 81, 82));
}

TEST(Billing, BelongsToOneServiceOnly) {
  ServiceWorld world(
      {Service{.name = "any", .match = {.executables = {"/usr/bin/python3"}}},
       Service{.name = "billing", .match = {.executables = {"/usr/bin/python3"}, .cmdline = "billingd"}}});
  world.host.add_process({.pid = 80, .cmdline = "python3 billingd", .executable = "/usr/bin/python3"});
  world.host.add_process({.pid = 81, .cmdline = "python3 other", .executable = "/usr/bin/python3"});
  const auto services = world.look_again();
  EXPECT_THAT(pids_of(services[0]), ElementsAre(81));
  EXPECT_THAT(pids_of(services[1]), ElementsAre(80));
}

TEST(Billing, InAUnitIsMainWithoutAnythingElseSaid) {
  ServiceWorld world({Service{.name = "billing", .match = {.units = {"billing.service"}}}});
  world.install_unit("billing.service");
  const char* group = "/system.slice/billing.service";
  world.host.add_process({.pid = 80, .cmdline = "sh run", .executable = "/bin/sh", .control_group = group});
  world.host.add_process(
      {.pid = 81, .parent = 80, .cmdline = "work", .executable = "/opt/work", .control_group = group});
  const auto services = world.look_again();
  EXPECT_EQ(main_pid(services[0]), 80);
  EXPECT_THAT(pids_of(services[0]), ElementsAre(80, 81));
}

}  // namespace
}  // namespace systemcheck
