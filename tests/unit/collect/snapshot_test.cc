#include "collect/snapshot.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <set>
#include <string>

#include "support/fake_look.h"

namespace systemcheck {
namespace {

using test::FakeHost;
using test::find_family;
using test::value_of;

struct Machine {
  Machine() {
    host.add_process({.pid = 1, .parent = 0, .cmdline = "/sbin/init", .executable = "/sbin/init"});
    host.add_process({.pid = 10, .cmdline = "d", .executable = "/usr/sbin/d"});
    host.add_process({.pid = 11, .parent = 10, .cmdline = "d", .executable = "/usr/sbin/d", .session = 10});
    Config rules;
    rules.services = {{.name = "d", .match = {.executables = {"/usr/sbin/d"}}}};
    config = std::make_shared<const Config>(rules);
  }
  FakeHost host{};
  std::shared_ptr<const Config> config{};
};

Metrics described(const Snapshot& snapshot) {
  Metrics metrics;
  describe(snapshot, metrics);
  return metrics;
}

TEST(Snapshot, HoldsEveryFactAndService) {
  Machine machine;
  Collection collection(machine.host, machine.config);
  const auto snapshot = collection.take(1);
  snapshot.facts.for_each([](const auto& reading) {
    EXPECT_TRUE(reading.value) << (reading.value ? "" : reading.value.error().message);
  });
  ASSERT_EQ(snapshot.services.size(), 1U);
  EXPECT_EQ(snapshot.services[0].members.size(), 2U);
  EXPECT_EQ(snapshot.cycle, 1U);
  EXPECT_EQ(snapshot.taken_at, machine.host.wall_now());
}

TEST(Snapshot, SaysWhichCollectorFailedAndKeepsTheOthers) {
  Machine machine;
  machine.host.fail("/proc/loadavg", Error::Kind::denied);
  Collection collection(machine.host, machine.config);
  const auto snapshot = collection.take(1);
  ASSERT_FALSE(snapshot.facts.of<Load>());
  EXPECT_THAT(snapshot.facts.of<Load>().error().message, testing::StartsWith("load: /proc/loadavg"));
  const auto metrics = described(snapshot);
  EXPECT_EQ(value_of(metrics, "systemcheck_collector_success", {{"collector", "load"}}), 0);
  EXPECT_EQ(value_of(metrics, "systemcheck_collector_success", {{"collector", "memory"}}), 1);
  EXPECT_EQ(value_of(metrics, "systemcheck_load1"), std::nullopt);
  EXPECT_EQ(value_of(metrics, "systemcheck_memory_total_bytes"), 1024000000);
}

TEST(Snapshot, CountsProcessesOfNoService) {
  Machine machine;
  Collection collection(machine.host, machine.config);
  EXPECT_EQ(value_of(described(collection.take(1)), "systemcheck_unmatched_processes"), 1);
}

TEST(Snapshot, DescribesEachFamilyOnceWithHelpAndADistinctSetOfLabelsEach) {
  Machine machine;
  Collection collection(machine.host, machine.config);
  const auto metrics = described(collection.take(1));
  std::set<std::string> names;
  for (const auto& family : metrics.families()) {
    EXPECT_TRUE(names.insert(family.name).second) << family.name;
    EXPECT_TRUE(family.help.ends_with('.') || family.help.ends_with("\".")) << family.name;
    EXPECT_EQ(family.kind == Family::Kind::counter, family.name.ends_with("_total")) << family.name;
    std::set<Labels> labels;
    for (const auto& sample : family.samples)
      EXPECT_TRUE(labels.insert(sample.labels).second) << family.name;
  }
}

TEST(Snapshot, HasTheFamiliesThatRulesAndDashboardsRelyOn) {
  Machine machine;
  machine.host.write("/proc/pressure/cpu", "some total=1\n");
  machine.host.write("/proc/pressure/memory", "some total=1\nfull total=1\n");
  machine.host.write("/proc/pressure/io", "some total=1\nfull total=1\n");
  Collection collection(machine.host, machine.config);
  const auto metrics = described(collection.take(1));
  for (const auto* name : {"load1",
                           "load5",
                           "load15",
                           "cpus_online",
                           "cpu_seconds_total",
                           "procs_running",
                           "procs_blocked",
                           "forks_total",
                           "context_switches_total",
                           "boot_time_seconds",
                           "memory_total_bytes",
                           "memory_available_bytes",
                           "memory_free_bytes",
                           "memory_buffers_bytes",
                           "memory_cached_bytes",
                           "memory_usable_bytes",
                           "memory_usable_ratio",
                           "swap_total_bytes",
                           "swap_free_bytes",
                           "swap_in_bytes_total",
                           "swap_out_bytes_total",
                           "oom_kills_total",
                           "pressure_waiting_seconds_total",
                           "pressure_stalled_seconds_total",
                           "filesystem_size_bytes",
                           "filesystem_free_bytes",
                           "filesystem_avail_bytes",
                           "filesystem_files",
                           "filesystem_files_free",
                           "filesystem_readonly",
                           "filesystem_device_error",
                           "disk_read_bytes_total",
                           "disk_written_bytes_total",
                           "disk_reads_completed_total",
                           "disk_writes_completed_total",
                           "disk_io_time_seconds_total",
                           "processes",
                           "threads",
                           "pids_max",
                           "unmatched_processes",
                           "user_processes",
                           "user_resident_memory_bytes",
                           "process_scan_races_total",
                           "process_read_errors_total",
                           "collector_success",
                           "collector_duration_seconds"}) {
    EXPECT_NE(find_family(metrics, std::string("systemcheck_") + name), nullptr) << name;
  }
}

TEST(Look, SeesTheServicesAloneBetweenTwoSnapshots) {
  Machine machine;
  Collection collection(machine.host, machine.config);
  (void)collection.take(1);
  machine.host.end_process(10);
  machine.host.add_process(
      {.pid = 11, .parent = 1, .cmdline = "d", .executable = "/usr/sbin/d", .session = 10});
  const auto look = collection.look();
  ASSERT_EQ(look.services.size(), 1U);
  EXPECT_FALSE(look.services[0].main);
  EXPECT_EQ(look.services[0].members.size(), 1U);
  EXPECT_EQ(look.taken, machine.host.now());
}

}  // namespace
}  // namespace systemcheck
