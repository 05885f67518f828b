#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/service_world.h"

// Two web servers of one program, their workers, and those that only look like them.

namespace systemcheck {
namespace {

using test::FakeProcess;
using test::main_pid;
using test::pids_of;
using test::ServiceWorld;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr const char* httpd_group = "/system.slice/apache2.service";
constexpr const char* ocw_group = "/system.slice/system-apache2.slice/apache2@ocw.service";

Service httpd() {
  return {.name = "httpd",
          .match = {.units = {"apache2.service", "httpd.service"},
                    .executables = {"/usr/sbin/apache2", "/usr/sbin/httpd"},
                    .user = "root"}};
}
Service ocwhttpd() {
  return {.name = "ocwhttpd",
          .match = {.units = {"apache2@ocw.service"}, .executables = {"/usr/sbin/apache2"}, .user = "root"},
          .evidence = {"/etc/apache2-ocw"}};
}

FakeProcess apache(pid_t pid, pid_t parent, uid_t user, const char* group) {
  return {.pid = pid,
          .parent = parent,
          .cmdline = "/usr/sbin/apache2 -k start",
          .executable = "/usr/sbin/apache2",
          .control_group = group,
          .user = user,
          .session = 100};
}

struct WebServers : ServiceWorld {
  WebServers() : ServiceWorld({httpd(), ocwhttpd()}) {
    install("/usr/sbin/apache2");
    install_unit("apache2.service");
    install_unit("apache2@.service");
    host.write("/etc/apache2-ocw/apache2.conf", "");
    host.add_process(apache(100, 1, 0, httpd_group));
    host.add_process(apache(101, 100, 33, httpd_group));
    host.add_process(apache(102, 100, 33, httpd_group));
    host.add_process(apache(200, 1, 0, ocw_group));
    host.add_process(apache(201, 200, 33, ocw_group));
  }
};

TEST(Apache, IsToldFromItsWorkersAndFromTheOtherInstance) {
  WebServers world;
  const auto services = world.look_again();
  EXPECT_EQ(main_pid(services[0]), 100);
  EXPECT_THAT(pids_of(services[0]), ElementsAre(100, 101, 102));
  EXPECT_EQ(services[0].unit, "apache2.service");
  EXPECT_EQ(services[0].user, "root");
  EXPECT_EQ(main_pid(services[1]), 200);
  EXPECT_THAT(pids_of(services[1]), ElementsAre(200, 201));
  EXPECT_EQ(services[1].unit, "apache2@ocw.service");
}

TEST(Apache, IsGoneWhenOnlyTheOtherInstanceRuns) {
  WebServers world;
  for (const pid_t pid : {100, 101, 102})
    world.host.end_process(pid);
  const auto services = world.look_again();
  EXPECT_TRUE(services[0].is_installed);
  EXPECT_EQ(main_pid(services[0]), 0);
  EXPECT_THAT(pids_of(services[0]), IsEmpty());
  EXPECT_EQ(main_pid(services[1]), 200);
}

TEST(Apache, IsNotItsWorkersThatOutliveIt) {
  WebServers world;
  world.forget_systemd();
  (void)world.look_again();
  world.host.end_process(100);
  world.host.end_process(200);
  for (const pid_t orphan : {101, 102, 201})
    world.host.add_process(apache(orphan, 1, 33, "/"));
  const auto services = world.look_again();
  EXPECT_EQ(main_pid(services[0]), 0);
  EXPECT_EQ(main_pid(services[1]), 0);
  EXPECT_THAT(pids_of(services[0]), ElementsAre(101, 102, 201)) << "they hold the port: left over";
}

TEST(Apache, IsNotAWorkerOfTheSameUserThatOutlivesIt) {
  auto service = httpd();
  service.match.user.clear();
  ServiceWorld world({service});
  world.forget_systemd();
  world.install("/usr/sbin/apache2");
  world.host.add_process(apache(100, 1, 33, "/"));
  world.host.add_process(apache(101, 100, 33, "/"));
  EXPECT_EQ(main_pid(world.look_again()[0]), 100);
  world.host.end_process(100);
  world.host.add_process(apache(101, 1, 33, "/"));
  for (int i = 0; i < 5; ++i) {
    const auto services = world.look_again();
    EXPECT_EQ(main_pid(services[0]), 0);
    EXPECT_THAT(pids_of(services[0]), ElementsAre(101));
  }
}

TEST(Apache, IsTheProcessThatItsStarterLeavesBehind) {
  ServiceWorld world({httpd()});
  world.forget_systemd();
  world.install("/usr/sbin/apache2");
  auto starter = apache(100, 1, 0, "/");
  starter.started_after = world.host.uptime();
  auto daemon = apache(101, 100, 0, "/");
  daemon.started_after = world.host.uptime();
  world.host.add_process(starter);
  world.host.add_process(daemon);
  (void)world.look_now();  // in the second in which both are there
  world.host.end_process(100);
  daemon.parent = 1;
  world.host.add_process(daemon);
  EXPECT_EQ(main_pid(world.look_again()[0]), 101);
}

TEST(Apache, StartedByHandIsTheService) {
  WebServers world;
  for (const pid_t pid : {100, 101, 102})
    world.host.end_process(pid);
  world.host.add_process(apache(300, 1, 0, "/user.slice/user-0.slice/session-2.scope"));
  world.host.add_process(apache(301, 300, 33, "/user.slice/user-0.slice/session-2.scope"));
  const auto services = world.look_again();
  EXPECT_EQ(main_pid(services[0]), 300);
  EXPECT_THAT(pids_of(services[0]), ElementsAre(300, 301));
}

TEST(Apache, InItsUnitLeavesOutWhatWasStartedByHandBesides) {
  WebServers world;
  world.host.add_process(apache(300, 1, 0, "/user.slice/user-0.slice/session-2.scope"));
  const auto services = world.look_again();
  EXPECT_EQ(main_pid(services[0]), 100);
  EXPECT_THAT(pids_of(services[0]), ElementsAre(100, 101, 102));
}

TEST(Apache, InAContainerOfThisMachineIsNotTheService) {
  WebServers world;
  for (const pid_t pid : {100, 101, 102})
    world.host.end_process(pid);
  world.host.add_process(apache(300, 1, 0, "/system.slice/docker-0123456789ab.scope"));
  EXPECT_EQ(main_pid(world.look_again()[0]), 0);
}

TEST(Apache, IsTheServiceInsideOfAContainerThatWeAreInToo) {
  ServiceWorld world({httpd()});
  world.forget_systemd();
  world.install("/usr/sbin/apache2");
  world.host.write("/proc/self/cgroup", "0::/docker/0123456789ab\n");
  world.host.add_process(apache(300, 1, 0, "/docker/0123456789ab"));
  EXPECT_EQ(main_pid(world.look_again()[0]), 300);
}

TEST(Apache, InAUsersOwnUnitOfTheSameNameIsNotTheService) {
  WebServers world;
  for (const pid_t pid : {100, 101, 102})
    world.host.end_process(pid);
  auto fake = apache(300, 1, 1000, "/user.slice/user-1000.slice/user@1000.service/app.slice/apache2.service");
  world.host.add_process(fake);
  EXPECT_THAT(pids_of(world.look_again()[0]), IsEmpty());
}

TEST(Apache, ThatOnlyBearsItsNameIsNotTheService) {
  ServiceWorld world({httpd()});
  world.install("/usr/sbin/apache2");
  world.host.add_process({.pid = 300,
                          .comm = "apache2",
                          .cmdline = "/usr/sbin/apache2 -k start",
                          .executable = "/home/mallory/apache2"});
  const auto services = world.look_again();
  EXPECT_EQ(main_pid(services[0]), 0);
  EXPECT_FALSE(services[0].unreadable);
}

TEST(Apache, CountsWhatRunsInItsUnitWhateverItIs) {
  WebServers world;
  world.host.add_process({.pid = 150,
                          .parent = 101,
                          .cmdline = "/usr/bin/perl form.cgi",
                          .executable = "/usr/bin/perl",
                          .control_group = httpd_group,
                          .user = 33});
  const auto services = world.look_again();
  EXPECT_THAT(pids_of(services[0]), ElementsAre(100, 101, 102, 150));
  EXPECT_EQ(main_pid(services[0]), 100);
}

TEST(Apache, IsToldFromTheShellThatStartedItInItsUnit) {
  ServiceWorld world({httpd()});
  world.install_unit("apache2.service");
  world.host.add_process({.pid = 99,
                          .cmdline = "/bin/sh /usr/sbin/apachectl -D FOREGROUND",
                          .executable = "/usr/bin/dash",
                          .control_group = httpd_group});
  world.host.add_process(apache(100, 99, 0, httpd_group));
  EXPECT_EQ(main_pid(world.look_again()[0]), 100);
}

TEST(Apache, IsGoneWhenItsMainProcessIsAZombie) {
  WebServers world;
  auto dead = apache(100, 1, 0, httpd_group);
  dead.state = 'Z';
  world.host.add_process(dead);
  const auto services = world.look_again();
  EXPECT_EQ(main_pid(services[0]), 0);
  EXPECT_THAT(pids_of(services[0]), ElementsAre(101, 102));
}

TEST(Apache, CannotBeToldWhenItsExecutableIsNotOursToSee) {
  ServiceWorld world({httpd()});
  world.forget_systemd();
  world.install("/usr/sbin/apache2");
  world.host.add_process({.pid = 100, .comm = "apache2", .cmdline = "/usr/sbin/apache2 -k start"});
  const auto services = world.look_again();
  ASSERT_TRUE(services[0].unreadable);
  EXPECT_EQ(services[0].unreadable->kind, Error::Kind::denied);
  EXPECT_THAT(services[0].unreadable->message, HasSubstr("100"));
  EXPECT_THAT(pids_of(services[0]), IsEmpty());
}

TEST(Apache, IsToldApartByPidFilesWithoutUnits) {
  auto first = httpd();
  first.match.pidfile = "/run/apache2.pid";
  auto second = ocwhttpd();
  second.match.pidfile = "/run/apache2-ocw.pid";
  ServiceWorld world({first, second});
  world.forget_systemd();
  for (const pid_t pid : {100, 200}) {
    world.host.add_process(apache(pid, 1, 0, "/"));
    world.host.add_process(apache(pid + 1, pid, 33, "/"));
  }
  world.host.write("/run/apache2.pid", "200\n");
  world.host.write("/run/apache2-ocw.pid", "100\n");
  const auto services = world.look_again();
  EXPECT_THAT(pids_of(services[0]), ElementsAre(200, 201));
  EXPECT_THAT(pids_of(services[1]), ElementsAre(100, 101));
}

TEST(Apache, OfTheOtherInstanceIsNotTakenForOneWithAStalePidFile) {
  auto first = httpd();
  first.match.pidfile = "/run/apache2.pid";
  auto second = ocwhttpd();
  second.match.pidfile = "/run/apache2-ocw.pid";
  ServiceWorld world({first, second});
  world.forget_systemd();
  world.host.add_process(apache(200, 1, 0, "/"));
  world.host.write("/run/apache2.pid", "100\n");
  world.host.write("/run/apache2-ocw.pid", "200\n");
  const auto services = world.look_again();
  EXPECT_EQ(main_pid(services[0]), 0);
  EXPECT_EQ(services[0].note, "the pid file names 100, which is not running");
  EXPECT_EQ(main_pid(services[1]), 200);
}

TEST(Apache, IsToldApartByUserWithoutUnitsAndPidFiles) {
  auto second = ocwhttpd();
  second.match.user = "ocw";
  ServiceWorld world({httpd(), second});
  world.forget_systemd();
  world.host.name_user(500, "ocw");
  world.host.add_process(apache(100, 1, 0, "/"));
  world.host.add_process(apache(101, 100, 33, "/"));
  world.host.add_process(apache(200, 1, 500, "/"));
  world.host.add_process(apache(201, 200, 500, "/"));
  const auto services = world.look_again();
  EXPECT_THAT(pids_of(services[0]), ElementsAre(100, 101));
  EXPECT_THAT(pids_of(services[1]), ElementsAre(200, 201));
}

TEST(Apache, IsFollowedThroughAGracefulUpgradeByItsPidFile) {
  auto service = httpd();
  service.match.pidfile = "/run/apache2.pid";
  ServiceWorld world({service});
  world.forget_systemd();
  world.host.add_process(apache(100, 1, 0, "/"));
  world.host.add_process(apache(150, 100, 0, "/"));  // the new one, started by the old one
  world.host.write("/run/apache2.pid", "100\n");
  EXPECT_EQ(main_pid(world.look_again()[0]), 100);
  world.host.end_process(100);
  world.host.add_process(apache(150, 1, 0, "/"));
  world.host.write("/run/apache2.pid", "150\n");
  EXPECT_EQ(main_pid(world.look_again()[0]), 150);
}

}  // namespace
}  // namespace systemcheck
