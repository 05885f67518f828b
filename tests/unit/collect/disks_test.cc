#include "collect/disks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "support/fake_look.h"

namespace systemcheck {
namespace {

using test::FakeLook;
using test::find_family;
using test::value_of;
using testing::ElementsAre;
using testing::Field;
using testing::IsEmpty;

TEST(ParseMounts, ReadsDevicePlaceAndType) {
  const auto mounts =
      parse_mounts("36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue\n");
  ASSERT_EQ(mounts.size(), 1U);
  EXPECT_EQ(mounts[0].device, "/dev/root");
  EXPECT_EQ(mounts[0].mount_point, "/mnt2");
  EXPECT_EQ(mounts[0].type, "ext3");
  EXPECT_FALSE(mounts[0].is_read_only);
}

TEST(ParseMounts, TakesAnyNumberOfOptionalFields) {
  const auto mounts = parse_mounts(
      "1 0 8:1 / /a rw - ext4 /dev/a rw\n"
      "2 0 8:2 / /b rw shared:1 master:2 propagate_from:3 unbindable - ext4 /dev/b rw\n");
  EXPECT_THAT(mounts,
              ElementsAre(Field(&FileSystem::mount_point, "/a"), Field(&FileSystem::mount_point, "/b")));
}

TEST(ParseMounts, UndoesOctalEscapes) {
  const auto mounts = parse_mounts("1 0 8:1 / /my\\040disk\\134\\011\\012x rw - ext4 /dev/a rw\n");
  ASSERT_EQ(mounts.size(), 1U);
  EXPECT_EQ(mounts[0].mount_point, "/my disk\\\t\nx");
}

TEST(ParseMounts, SeesReadOnlyMountsAndReadOnlyDevices) {
  const auto mounts = parse_mounts(
      "1 0 8:1 / /a ro,nosuid - ext4 /dev/a rw\n"
      "2 0 8:2 / /b rw - ext4 /dev/b errors=continue,ro\n"
      "3 0 8:3 / /c rw,errors=remount-ro - ext4 /dev/c rw\n");
  ASSERT_EQ(mounts.size(), 3U);
  EXPECT_TRUE(mounts[0].is_read_only);
  EXPECT_TRUE(mounts[1].is_read_only);
  EXPECT_FALSE(mounts[2].is_read_only);
}

TEST(ParseMounts, LeavesKernelTypesOutAndNeverAsksAnAutomount) {
  EXPECT_THAT(parse_mounts("1 0 0:1 / /proc rw - proc proc rw\n"
                           "2 0 0:2 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n"
                           "3 0 0:3 / /net rw - autofs systemd-1 rw\n"),
              IsEmpty());
}

TEST(ParseMounts, ReportsADeviceOnceAtItsFirstPlace) {
  const auto mounts = parse_mounts(
      "1 0 8:1 / / rw - ext4 /dev/a rw\n"
      "2 1 8:1 /home /srv rw - ext4 /dev/a rw\n");
  EXPECT_THAT(mounts, ElementsAre(Field(&FileSystem::mount_point, "/")));
}

TEST(ParseMounts, ReportsWhatIsOnTopWhereTwoAreMountedAtOnePlace) {
  const auto mounts = parse_mounts(
      "1 0 8:1 / /data rw - ext4 /dev/below rw\n"
      "2 1 8:2 / /data rw - xfs /dev/above rw\n");
  EXPECT_THAT(mounts, ElementsAre(Field(&FileSystem::device, "/dev/above")));
}

TEST(ParseMounts, LeavesTornLinesOut) {
  EXPECT_THAT(parse_mounts("1 0 8:1 / /a rw - ext4 /dev/a\n\n1 0\n- - -\n2 0 8:1 / /b rw shared:1"),
              IsEmpty());
}

TEST(ParseDiskstats, CountsSectorsOf512Bytes) {
  const auto devices = parse_diskstats("   8       0 sda 10 1 80 5 20 2 160 6 0 1500 11 0 0 0 0\n");
  ASSERT_EQ(devices.size(), 1U);
  EXPECT_EQ(devices[0].name, "sda");
  EXPECT_EQ(devices[0].reads, 10U);
  EXPECT_EQ(devices[0].read_bytes, 40960U);
  EXPECT_EQ(devices[0].writes, 20U);
  EXPECT_EQ(devices[0].written_bytes, 81920U);
  EXPECT_DOUBLE_EQ(devices[0].io_seconds, 1.5);
}

TEST(ParseDiskstats, KeepsWholeDisksOnly) {
  std::string text;
  for (const auto* name : {"sda", "sda1", "vdb", "vdb12", "xvda", "xvda1", "nvme0n1", "nvme0n1p1", "mmcblk0",
                           "mmcblk0p2", "loop0", "ram1", "zram0", "fd0", "dm-0", "md127", "sr0"}) {
    text += "1 1 " + std::string(name) + " 1 1 1 1 1 1 1 1 1 1 1\n";
  }
  std::vector<std::string> names;
  for (const auto& device : parse_diskstats(text))
    names.push_back(device.name);
  EXPECT_THAT(names, ElementsAre("sda", "vdb", "xvda", "nvme0n1", "mmcblk0", "dm-0", "md127", "sr0"));
}

TEST(ParseDiskstats, LeavesTornLinesOut) {
  EXPECT_THAT(parse_diskstats("8 0 sda 1 2 3 4\n8 0\n\n8 0 sdb 1 2 3 x 5 6 7 8 9 10\n"), IsEmpty());
}

TEST(FileSystem, IsAsFullAsDfSays) {
  const FileSystem disk{.usage =
                            FileSystemUsage{.size_bytes = 1000, .free_bytes = 400, .available_bytes = 300}};
  EXPECT_DOUBLE_EQ(disk.used_ratio(), 600.0 / 900.0);
}

TEST(FileSystem, OfNoSizeIsNotFull) {
  EXPECT_EQ((FileSystem{.usage = FileSystemUsage{}}.used_ratio()), 0);
  EXPECT_EQ(FileSystem{}.used_ratio(), 0);
}

TEST(Disks, AskNothingOfIgnoredTypes) {
  FakeLook world;
  world.host.write("/proc/self/mountinfo",
                   "1 0 8:1 / / rw - ext4 /dev/a rw\n2 0 0:9 / /run rw - tmpfs tmpfs rw\n");
  const auto disks = Disks::collect(world.look);
  ASSERT_TRUE(disks);
  EXPECT_EQ(disks->file_systems.size(), 1U);
  EXPECT_THAT(world.host.usage_asked, ElementsAre("/"));
}

TEST(Disks, ThatDoNotAnswerHaveAnErrorAndNoSizes) {
  FakeLook world;
  world.host.set_usage("/", Error{Error::Kind::timed_out, "/ does not answer"});
  const auto disks = Disks::collect(world.look);
  ASSERT_TRUE(disks);
  Metrics metrics;
  disks->describe(metrics);
  const Labels labels{{"device", "/dev/sda1"}, {"mountpoint", "/"}, {"fstype", "ext4"}};
  EXPECT_EQ(value_of(metrics, "systemcheck_filesystem_device_error", labels), 1);
  EXPECT_EQ(find_family(metrics, "systemcheck_filesystem_size_bytes"), nullptr);
}

TEST(Disks, AreDescribedWithTheirSizes) {
  FakeLook world;
  const auto disks = Disks::collect(world.look);
  ASSERT_TRUE(disks);
  Metrics metrics;
  disks->describe(metrics);
  const Labels labels{{"device", "/dev/sda1"}, {"mountpoint", "/"}, {"fstype", "ext4"}};
  EXPECT_EQ(value_of(metrics, "systemcheck_filesystem_device_error", labels), 0);
  EXPECT_EQ(value_of(metrics, "systemcheck_filesystem_avail_bytes", labels), 300);
  EXPECT_EQ(value_of(metrics, "systemcheck_disk_read_bytes_total", {{"device", "sda"}}), 80 * 512);
}

TEST(Disks, WithNamesThatAreNoTextHavePrintableLabelsThatStayApart) {
  FakeLook world;
  world.host.write("/proc/self/mountinfo",
                   "1 0 8:1 / /a\xff rw - ext4 /dev/a rw\n2 0 8:2 / /a\\134xff rw - ext4 /dev/a rw\n");
  const auto disks = Disks::collect(world.look);
  ASSERT_TRUE(disks);
  Metrics metrics;
  disks->describe(metrics);
  std::set<std::string> mount_points;
  for (const auto& sample : find_family(metrics, "systemcheck_filesystem_readonly")->samples)
    mount_points.insert(sample.labels.at(1).second);
  EXPECT_THAT(mount_points, ElementsAre("/a\\\\xff", "/a\\xff"));
}

TEST(Disks, BeyondTheLimitAreCountedNotShown) {
  FakeLook world;
  std::string mountinfo;
  for (std::size_t i = 0; i < file_systems_max + 3; ++i) {
    const auto number = std::to_string(i);
    mountinfo += number + " 0 8:" + number + " / /m" + number + " rw - ext4 /dev/a rw\n";
  }
  world.host.write("/proc/self/mountinfo", mountinfo);
  const auto disks = Disks::collect(world.look);
  ASSERT_TRUE(disks);
  EXPECT_EQ(disks->file_systems.size(), file_systems_max);
  Metrics metrics;
  disks->describe(metrics);
  EXPECT_EQ(
      value_of(metrics, "systemcheck_series_dropped", {{"metric", "systemcheck_filesystem_size_bytes"}}), 3);
}

}  // namespace
}  // namespace systemcheck
