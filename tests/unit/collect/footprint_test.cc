#include "collect/footprint.h"

#include <gtest/gtest.h>

#include <vector>

#include "support/fake_host.h"

namespace systemcheck::test {
namespace {

constexpr std::uint64_t mebibyte = std::uint64_t{1} << 20;

void measure(FakeHost& host, pid_t pid, std::uint64_t kibibytes) {
  host.write(
      "/proc/" + std::to_string(pid) + "/smaps_rollup",
      "55d0-7ffd ---p 00000000 00:00 0 [rollup]\nRss: 99999 kB\nPss: 77777 kB\nPss_Dirty: 1 kB\nPss_Anon: " +
          std::to_string(kibibytes) + " kB\nPss_File: 5 kB\nPss_Shmem: 0 kB\n");
}

TEST(ReadFootprint, CountsWhatProcessesShareOnce) {
  FakeHost host;
  measure(host, 10, 3 * 1024);
  measure(host, 11, 5 * 1024);
  const std::vector<ProcessIdentity> members{{10, 1}, {11, 1}};
  EXPECT_EQ(*read_footprint(host, "/", members), 8 * mebibyte);
}

TEST(ReadFootprint, BelievesTheControlGroupMoreThanItsProcesses) {
  FakeHost host;
  measure(host, 10, 3 * 1024);
  host.write("/sys/fs/cgroup/system.slice/a.service/memory.stat",
             "anon 1000000\nfile 7\nkernel_stack 4\nshmem 234\nanon_thp 0\n");
  const std::vector<ProcessIdentity> members{{10, 1}};
  EXPECT_EQ(*read_footprint(host, "/system.slice/a.service", members), 1000234U);
}

TEST(ReadFootprint, TakesTheProcessesWhereTheControlGroupKnowsNothingOfMemory) {
  FakeHost host;
  measure(host, 10, 1024);
  host.write("/sys/fs/cgroup/system.slice/a.service/memory.stat", "total_rss 5\n");
  const std::vector<ProcessIdentity> members{{10, 1}};
  EXPECT_EQ(*read_footprint(host, "/system.slice/a.service", members), mebibyte);
}

TEST(ReadFootprint, TakesThoseThatCannotBeReadToBeLikeTheOthers) {
  FakeHost host;
  measure(host, 10, 1024);
  measure(host, 12, 3 * 1024);
  const std::vector<ProcessIdentity> members{{10, 1}, {11, 1}, {12, 1}, {13, 1}};
  EXPECT_EQ(*read_footprint(host, "/", members), 8 * mebibyte);
}

TEST(ReadFootprint, MeasuresSoManyProcessesAtMost) {
  FakeHost host;
  std::vector<ProcessIdentity> members;
  for (pid_t pid = 1; pid <= 1000; ++pid) {
    members.push_back({pid, 1});
    if (static_cast<std::size_t>(pid) <= measured_processes_max) measure(host, pid, 1024);
    if (static_cast<std::size_t>(pid) > measured_processes_max) measure(host, pid, 999'999);
  }
  EXPECT_EQ(*read_footprint(host, "/", members), 1000 * mebibyte);
}

TEST(ReadFootprint, SaysWhyNothingCouldBeMeasured) {
  FakeHost host;
  EXPECT_EQ(read_footprint(host, "/", {}).error().message, "it has no processes");
  const std::vector<ProcessIdentity> members{{10, 1}};
  EXPECT_FALSE(read_footprint(host, "/", members));
  host.write("/proc/10/smaps_rollup", "Rss: 5 kB\n");
  EXPECT_EQ(read_footprint(host, "/", members).error().message, "smaps_rollup: no Pss_Anon");
}

}  // namespace
}  // namespace systemcheck::test
