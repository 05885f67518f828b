#include "collect/control_group.h"

#include <gtest/gtest.h>

namespace systemcheck {
namespace {

TEST(ParseControlGroup, TakesTheUnifiedHierarchy) {
  EXPECT_EQ(parse_control_group("0::/system.slice/ssh.service\n"), "/system.slice/ssh.service");
}

TEST(ParseControlGroup, TakesSystemdsOwnWhereTheUnifiedOneIsEmpty) {
  EXPECT_EQ(parse_control_group("9:name=systemd:/system.slice/ssh.service\n4:memory:/x\n0::/\n"),
            "/system.slice/ssh.service");
  EXPECT_EQ(parse_control_group("9:name=systemd:/a.service\n1:cpu,cpuacct:/b\n"), "/a.service");
}

TEST(ParseControlGroup, PrefersTheUnifiedOneOtherwise) {
  EXPECT_EQ(parse_control_group("1:name=systemd:/old.service\n0::/new.service\n"), "/new.service");
}

TEST(ParseControlGroup, LosesTheMarkOfARemovedGroup) {
  EXPECT_EQ(parse_control_group("0::/system.slice/x.service (deleted)\n"), "/system.slice/x.service");
}

TEST(ParseControlGroup, KeepsColonsInAPath) { EXPECT_EQ(parse_control_group("0::/a:b:c\n"), "/a:b:c"); }

TEST(ParseControlGroup, FindsNothingInTornText) {
  for (const auto* text : {"", "\n", "0", "0:", "0::", "x:y:z"})
    EXPECT_EQ(parse_control_group(text), "") << text;
}

TEST(UnitOf, IsTheServiceOfTheSystemManager) {
  EXPECT_EQ(unit_of("/system.slice/ssh.service"), "ssh.service");
  EXPECT_EQ(unit_of("/system.slice/system-getty.slice/getty@tty1.service"), "getty@tty1.service");
  EXPECT_EQ(unit_of("/system.slice/docker.service/deep/below"), "docker.service");
}

TEST(UnitOf, IsNotWhatAUserCallsHisOwn) {
  EXPECT_EQ(unit_of("/user.slice/user-1000.slice/user@1000.service/app.slice/apache2.service"),
            "user@1000.service");
}

TEST(UnitOf, IsNothingForSessionsAndTheRoot) {
  EXPECT_EQ(unit_of("/user.slice/user-0.slice/session-3.scope"), "");
  EXPECT_EQ(unit_of("/"), "");
  EXPECT_EQ(unit_of(""), "");
}

TEST(IsContainers, KnowsTheRuntimes) {
  for (const auto* path :
       {"/docker/0123abc", "/system.slice/docker-0123.scope", "/machine.slice/libpod-01.scope/container",
        "/kubepods.slice/kubepods-pod1.slice/cri-containerd-1.scope", "/kubepods/burstable/pod1/2",
        "/lxc/web", "/lxc.payload.web/system.slice/apache2.service",
        "/machine.slice/systemd-nspawn@x.service/payload"}) {
    EXPECT_TRUE(is_containers(path)) << path;
  }
}

TEST(IsContainers, TakesServicesOfTheHostForNone) {
  for (const auto* path : {"/", "", "/system.slice/docker.service", "/system.slice/docker-registry.service",
                           "/user.slice/user-0.slice/session-1.scope", "/system.slice/lxc-net.service"}) {
    EXPECT_FALSE(is_containers(path)) << path;
  }
}

}  // namespace
}  // namespace systemcheck
