#include "collect/kill_switch.h"

#include <gtest/gtest.h>

#include "collect/facts.h"
#include "support/fake_look.h"

namespace systemcheck::test {
namespace {

TEST(KillSwitch, IsNotSetOnAnOrdinaryMachine) {
  FakeLook world;
  EXPECT_EQ(*KillSwitch::collect(world.look), KillSwitch{});
}

TEST(KillSwitch, IsSetWhileAnyOfItsFilesExists) {
  for (const auto* path : {"/etc/systemcheck/disable-actions", "/run/systemcheck/disable-actions"}) {
    FakeLook world;
    world.host.write(path, "");
    EXPECT_EQ(KillSwitch::collect(world.look)->reason, std::string(path) + " exists");
    world.host.remove(path);
    EXPECT_EQ(KillSwitch::collect(world.look)->reason, "");
  }
}

TEST(KillSwitch, CountsAsSetWhereItCannotBeLookedAt) {
  FakeLook world;
  world.host.fail("/etc/systemcheck/disable-actions", Error::Kind::denied);
  EXPECT_EQ(KillSwitch::collect(world.look)->reason, "/etc/systemcheck/disable-actions: not to be had");
}

TEST(KillSwitch, MayBeElsewhereOrNowhere) {
  FakeLook world;
  world.host.write("/run/systemcheck/disable-actions", "");
  world.config.kill_switch = {"/srv/stop"};
  EXPECT_EQ(KillSwitch::collect(world.look)->reason, "");
  world.host.write("/srv/stop", "");
  EXPECT_EQ(KillSwitch::collect(world.look)->reason, "/srv/stop exists");
  world.config.kill_switch = {};
  EXPECT_EQ(KillSwitch::collect(world.look)->reason, "");
}

}  // namespace
}  // namespace systemcheck::test
