#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/service_world.h"

// What somebody has started by hand, outside of the unit it has.

namespace systemcheck {
namespace {

using test::FakeProcess;
using test::main_pid;
using test::pids_of;
using test::ServiceWorld;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr const char* unit_group = "/system.slice/apache2.service";
constexpr const char* login_group = "/user.slice/user-0.slice/session-2.scope";

Service httpd() {
  return {.name = "httpd",
          .match = {.units = {"apache2.service"}, .executables = {"/usr/sbin/apache2"}, .user = "root"}};
}

FakeProcess apache(pid_t pid, pid_t parent, const char* group, pid_t session) {
  return {.pid = pid,
          .parent = parent,
          .cmdline = "/usr/sbin/apache2 -k start",
          .executable = "/usr/sbin/apache2",
          .control_group = group,
          .user = parent == 1 ? 0U : 33U,
          .session = session};
}

FakeProcess orphaned(FakeProcess process) {
  process.parent = 1;
  return process;
}

std::vector<pid_t> outside(const ServiceProcesses& service) {
  std::vector<pid_t> pids;
  for (const auto& process : service.outside)
    pids.push_back(process.pid);
  return pids;
}

/// A main process and two workers, in a login session.
struct StartedByHand : ServiceWorld {
  StartedByHand() : ServiceWorld({httpd()}) {
    install("/usr/sbin/apache2");
    install_unit("apache2.service");
    host.add_process(apache(300, 1, login_group, 300));
    host.add_process(apache(301, 300, login_group, 300));
    host.add_process(apache(302, 300, login_group, 300));
  }
  void lose_main() {
    host.end_process(300);
    for (const pid_t worker : {301, 302})
      host.add_process(orphaned(apache(worker, 300, login_group, 300)));
  }
};

TEST(ByHand, WhatRunsOutsideItsUnitIsToldFromWhatSystemdRuns) {
  StartedByHand world;
  const auto service = world.look_again()[0];
  EXPECT_EQ(main_pid(service), 300);
  EXPECT_THAT(outside(service), ElementsAre(300, 301, 302));
}

TEST(ByHand, NothingInTheUnitRunsOutsideIt) {
  StartedByHand world;
  for (const pid_t pid : {300, 301, 302})
    world.host.end_process(pid);
  world.host.add_process(apache(100, 1, unit_group, 100));
  world.host.add_process(apache(101, 100, unit_group, 100));
  EXPECT_THAT(outside(world.look_again()[0]), IsEmpty());
  world.host.end_process(100);
  world.host.add_process(orphaned(apache(101, 100, unit_group, 100)));
  EXPECT_THAT(outside(world.look_again()[0]), IsEmpty()) << "what it has left behind is systemd's to end";
}

TEST(ByHand, OrphansAreKnownWhenTheirMainProcessIsGone) {
  StartedByHand world;
  (void)world.look_again();
  world.lose_main();
  const auto service = world.look_again()[0];
  EXPECT_EQ(main_pid(service), 0);
  EXPECT_THAT(outside(service), ElementsAre(301, 302));
}

TEST(ByHand, OrphansOfATimeThatNobodyHasSeenAreItsOwn) {
  StartedByHand world;
  world.lose_main();
  EXPECT_THAT(outside(world.look_again()[0]), ElementsAre(301, 302));
}

TEST(ByHand, WhoeverRunsTheSameProgramForHimselfIsNotOfTheService) {
  StartedByHand world;
  world.host.add_process({.pid = 50, .cmdline = "-bash", .executable = "/bin/bash"});
  const auto of_a_user = apache(400, 50, "/user.slice/user-1000.slice/session-7.scope", 50);
  world.host.add_process(of_a_user);
  EXPECT_THAT(outside(world.look_again()[0]), ElementsAre(300, 301, 302));
  world.lose_main();
  EXPECT_THAT(outside(world.look_again()[0]), ElementsAre(301, 302));
}

TEST(ByHand, ASecondCopyBesideTheUnitsOwnIsSomebodyElsesAlsoWhenThatOneIsGone) {
  StartedByHand world;
  world.host.add_process(apache(100, 1, unit_group, 100));
  EXPECT_EQ(main_pid(world.look_again()[0]), 100);
  world.host.end_process(100);
  EXPECT_THAT(outside(world.look_again()[0]), IsEmpty());
  world.host.add_process(apache(303, 300, login_group, 300));
  EXPECT_THAT(outside(world.look_again()[0]), IsEmpty()) << "nor is what that one starts later";
}

TEST(ByHand, OrphansStayKnownThoughAUnitThatFailsForThemWasSeenUp) {
  StartedByHand world;
  (void)world.look_again();
  world.lose_main();
  (void)world.look_again();
  world.host.add_process(apache(100, 1, unit_group, 100));
  EXPECT_EQ(main_pid(world.look_again()[0]), 100);
  world.host.end_process(100);
  EXPECT_THAT(outside(world.look_again()[0]), ElementsAre(301, 302));
}

TEST(ByHand, AControlGroupThatCannotBeReadIsNoProof) {
  StartedByHand world;
  for (const pid_t pid : {300, 301, 302})
    world.host.end_process(pid);
  world.host.add_process(apache(300, 1, "", 300));
  const auto service = world.look_again()[0];
  EXPECT_EQ(main_pid(service), 300);
  EXPECT_THAT(outside(service), IsEmpty());
}

TEST(ByHand, WithoutSystemdNothingIsOutside) {
  StartedByHand world;
  world.forget_systemd();
  EXPECT_THAT(outside(world.look_again()[0]), IsEmpty());
}

TEST(ByHand, SessionsOfUsersAreNotEnded) {
  Service sshd{.name = "sshd",
               .match = {.units = {"ssh.service"}, .executables = {"/usr/sbin/sshd"}, .user = "root"}};
  sshd.match.main_cmdline = "^/usr/sbin/sshd( -D)?$";
  ServiceWorld world({sshd});
  world.install_unit("ssh.service");
  const auto add = [&world](pid_t pid, pid_t parent, const char* cmdline) {
    world.host.add_process({.pid = pid,
                            .parent = parent,
                            .cmdline = cmdline,
                            .executable = "/usr/sbin/sshd",
                            .control_group = login_group});
  };
  add(300, 1, "/usr/sbin/sshd");
  add(301, 300, "sshd: bob [priv]");
  EXPECT_THAT(outside(world.look_again()[0]), ElementsAre(300));
  world.host.end_process(300);
  add(301, 1, "sshd: bob [priv]");
  EXPECT_THAT(outside(world.look_again()[0]), IsEmpty());
}

}  // namespace
}  // namespace systemcheck
