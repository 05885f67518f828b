#include "collect/package_transaction.h"

#include <gtest/gtest.h>

#include "base/metrics.h"
#include "support/fake_look.h"

namespace systemcheck::test {
namespace {

constexpr const char* frontend = "/var/lib/dpkg/lock-frontend";

PackageTransaction seen(FakeLook& world) {
  const auto transaction = PackageTransaction::collect(world.look);
  EXPECT_TRUE(transaction);
  return transaction ? *transaction : PackageTransaction{};
}

TEST(PackageTransaction, IsNotUnderWayOnAMachineWithoutPackageTools) {
  FakeLook world;
  EXPECT_EQ(seen(world), PackageTransaction{});
}

TEST(PackageTransaction, IsNotUnderWayWhileTheLocksAreFree) {
  FakeLook world;
  world.host.write(frontend, "");
  world.host.write("/var/lib/rpm/.rpm.lock", "");
  EXPECT_EQ(seen(world), PackageTransaction{});
}

TEST(PackageTransaction, IsToldByAnyOfTheLocks) {
  for (const auto* lock :
       {frontend, "/var/lib/dpkg/lock", "/var/lib/rpm/.rpm.lock", "/usr/lib/sysimage/rpm/.rpm.lock"}) {
    FakeLook world;
    world.host.add_process({.pid = 4711, .comm = "apt-get", .cmdline = "apt-get upgrade"});
    world.host.lock(lock, 4711);
    const auto transaction = seen(world);
    EXPECT_TRUE(transaction.is_under_way) << lock;
    EXPECT_EQ(transaction.lock, lock);
    EXPECT_EQ(transaction.holder->pid, 4711);
    EXPECT_EQ(describe_holder(transaction), "apt-get (process 4711) is changing packages");
  }
}

TEST(PackageTransaction, EndsWithItsProcess) {
  FakeLook world;
  world.host.add_process({.pid = 4711, .comm = "dpkg", .cmdline = "dpkg -i x.deb"});
  world.host.lock(frontend, 4711);
  ASSERT_TRUE(seen(world).is_under_way);
  world.host.end_process(4711);
  EXPECT_FALSE(seen(world).is_under_way);
}

TEST(PackageTransaction, IsUnderWayAlsoWhereItsProcessCannotBeTold) {
  FakeLook world;
  world.host.lock(frontend, 0);
  const auto transaction = seen(world);
  EXPECT_TRUE(transaction.is_under_way);
  EXPECT_FALSE(transaction.holder);
  EXPECT_EQ(describe_holder(transaction), "packages are being changed (/var/lib/dpkg/lock-frontend is held)");
}

TEST(PackageTransaction, SurvivesAHostileProcessName) {
  FakeLook world;
  world.host.add_process({.pid = 4711, .comm = ") S (\x1b[2J\n", .cmdline = "x"});
  world.host.lock(frontend, 4711);
  const auto transaction = seen(world);
  EXPECT_EQ(transaction.holder_name, ") S (\x1b[2J\n");
  EXPECT_EQ(describe_holder(transaction), ") S (\\x1b[2J\\x0a (process 4711) is changing packages");
}

TEST(PackageTransaction, IsAnErrorWhereALockCannotBeRead) {
  FakeLook world;
  world.host.fail(frontend, Error::Kind::denied);
  EXPECT_FALSE(PackageTransaction::collect(world.look));
}

TEST(PackageTransaction, IsPublished) {
  FakeLook world;
  Metrics metrics;
  world.host.lock(frontend, 0);
  seen(world).describe(metrics);
  EXPECT_EQ(value_of(metrics, "systemcheck_package_transaction"), 1);
}

}  // namespace
}  // namespace systemcheck::test
