#include "collect/self.h"

#include <gtest/gtest.h>

#include "support/fake_look.h"

namespace systemcheck {
namespace {

using test::FakeHost;
using test::FakeLook;
using test::value_of;

TEST(Self, IsDescribedUnderTheUsualNames) {
  FakeLook world;
  world.host.write("/proc/self/stat", FakeHost::stat_line({.pid = 99,
                                                           .comm = "systemcheckd",
                                                           .session = 99,
                                                           .started_after = 20,
                                                           .user_ticks = 150,
                                                           .system_ticks = 50,
                                                           .resident_pages = 3}));
  world.host.write("/proc/self/fd/1", "");
  const auto self = Self::collect(world.look);
  ASSERT_TRUE(self);
  Metrics metrics;
  self->describe(metrics);
  EXPECT_EQ(value_of(metrics, "process_cpu_seconds_total"), 2);
  EXPECT_EQ(value_of(metrics, "process_resident_memory_bytes"), 3 * 4096);
  EXPECT_EQ(value_of(metrics, "process_virtual_memory_bytes"), 10485760);
  EXPECT_EQ(value_of(metrics, "process_open_fds"), 2);
  EXPECT_EQ(value_of(metrics, "process_max_fds"), 1024);
  EXPECT_EQ(value_of(metrics, "process_start_time_seconds"), FakeHost::boot_time + 20);
}

TEST(Self, IsAnErrorWithoutItsFiles) {
  for (const auto* path :
       {"/proc/self/stat", "/proc/stat", "/proc/uptime", "/proc/self/limits", "/proc/self/fd"}) {
    FakeLook world;
    world.host.fail(path, Error::Kind::denied);
    EXPECT_FALSE(Self::collect(world.look)) << path;
  }
}

}  // namespace
}  // namespace systemcheck
