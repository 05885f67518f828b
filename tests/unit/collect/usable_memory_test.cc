#include "collect/usable_memory.h"

#include <gtest/gtest.h>

#include <string>

#include "collect/memory.h"
#include "support/fake_look.h"

namespace systemcheck {
namespace {

using test::FakeLook;

// Linux 6.18, shortened: lists that grow by themselves.
constexpr std::string_view zones_of_618 =
    "Node 0, zone      DMA\n  per-node stats\n      nr_inactive_anon 194035\n  pages free     3838\n"
    "        boost    0\n        min      10\n        protection: (0, 2961, 24105, 24105, 24105)\n"
    "      nr_free_pages 3838\n  pagesets\n    cpu: 0\n              count:    0\n              high:     0\n"
    "              batch:    1\n              high_min: 13\n              high_max: 240\n"
    "  vm stats threshold: 4\n  node_unreclaimable:  0\n  start_pfn:           1\n"
    "Node 0, zone   Normal\n  pages free     4720000\n  pagesets\n"
    "    cpu: 0\n              count:    11584\n              high:     47787\n              batch:    63\n"
    "              high_min: 7672\n              high_max: 129024\n  vm stats threshold: 28\n"
    "    cpu: 1\n              count:    41954\n              high:     50989\n              batch:    63\n"
    "              high_min: 7672\n              high_max: 129024\n  vm stats threshold: 28\n"
    "Node 0, zone  Movable\n  pages free     0\n        min      32\n";

// Debian 12's 6.1.
constexpr std::string_view zones_of_61 =
    "Node 0, zone    DMA32\n  pages free     68223\n  pagesets\n"
    "    cpu: 0\n              count: 312\n              high:  378\n              batch: 63\n"
    "  vm stats threshold: 24\n"
    "    cpu: 1\n              count: 86\n              high:  378\n              batch: 63\n"
    "  vm stats threshold: 24\n  node_unreclaimable:  0\n  start_pfn:           4096\n";

constexpr std::string_view arcstats =
    "13 1 0x01 123 33456 6158241431 7218241431\nname                            type data\n"
    "hits                            4    1200\nsize                            4    3221225472\n"
    "c                               4    4000000000\nc_min                           4    1073741824\n"
    "c_max                           4    8589934592\narc_meta_used                   4    1\n";

TEST(ListedPages, AreThoseOfAllProcessorsAndZonesWhereTheListsGrow) {
  const auto pages = parse_listed_pages(zones_of_618);
  ASSERT_TRUE(pages);
  EXPECT_EQ(*pages, 11584U + 41954U);
}

TEST(ListedPages, AreAHandfulOnAnOlderKernelAndNotCounted) {
  const auto pages = parse_listed_pages(zones_of_61);
  ASSERT_TRUE(pages);
  EXPECT_EQ(*pages, 0U);
}

TEST(ListedPages, SurviveBeingCutAnywhere) {
  for (std::size_t length = 0; length <= zones_of_618.size(); ++length) {
    const auto pages = parse_listed_pages(zones_of_618.substr(0, length));
    EXPECT_LE(pages ? *pages : 0, 11584U + 41954U) << length;
  }
}

TEST(ListedPages, RefuseWhatIsNoSuchFile) {
  EXPECT_FALSE(parse_listed_pages(""));
  EXPECT_FALSE(parse_listed_pages("MemTotal: 5 kB\n"));
  EXPECT_FALSE(parse_listed_pages("Node 0, zone DMA\n count: many\n high_min: 1\n"));
  EXPECT_FALSE(parse_listed_pages("Node 0, zone DMA\n count: -1\n high_min: 1\n"));
  EXPECT_FALSE(parse_listed_pages("Node 0, zone DMA\n count: 18446744073709551615\n high_min: 1\n"));
}

TEST(ReclaimableArc, IsWhatLiesAboveTheLeast) {
  const auto bytes = parse_reclaimable_arc(arcstats);
  ASSERT_TRUE(bytes);
  EXPECT_EQ(*bytes, std::uint64_t{2} << 30);
}

TEST(ReclaimableArc, IsNothingWhereItIsSmallerThanTheLeast) {
  const auto bytes = parse_reclaimable_arc("size 4 5\nc_min 4 6\n");
  ASSERT_TRUE(bytes);
  EXPECT_EQ(*bytes, 0U);
}

TEST(ReclaimableArc, RefusesWhatIsNoSuchFile) {
  EXPECT_FALSE(parse_reclaimable_arc(""));
  EXPECT_FALSE(parse_reclaimable_arc("size 4 5\n"));
  EXPECT_FALSE(parse_reclaimable_arc("c_min 4 5\n"));
  EXPECT_FALSE(parse_reclaimable_arc("size 4\nc_min 4 5\n"));
}

TEST(UsableMemory, AddsWhatMemAvailableLeavesOut) {
  FakeLook world;
  const auto before = Memory::collect(world.look);
  ASSERT_TRUE(before);
  EXPECT_EQ(before->usable_bytes(), before->available_bytes);

  world.host.write("/proc/zoneinfo", "Node 0, zone Normal\n count: 1000\n high_min: 1\n");
  world.host.write("/proc/spl/kstat/zfs/arcstats", "size 4 5000000\nc_min 4 1000000\n");
  const auto after = Memory::collect(world.look);
  ASSERT_TRUE(after);
  const auto page_bytes = world.host.constants().page_bytes;
  EXPECT_EQ(after->usable_bytes(), before->available_bytes + 1000 * page_bytes + 4000000);
}

TEST(UsableMemory, IsNeverMoreThanThereIs) {
  FakeLook world;
  world.host.write("/proc/zoneinfo", "Node 0, zone Normal\n count: 1000000000\n high_min: 1\n");
  const auto memory = Memory::collect(world.look);
  ASSERT_TRUE(memory);
  EXPECT_EQ(memory->usable_bytes(), memory->total_bytes);
}

TEST(UsableMemory, IsWhatTheKernelSaysWhereTheRestCannotBeReadOrUnderstood) {
  FakeLook world;
  world.host.fail("/proc/zoneinfo", Error::Kind::denied);
  world.host.write("/proc/spl/kstat/zfs/arcstats", "what is this\n");
  const auto memory = Memory::collect(world.look);
  ASSERT_TRUE(memory);
  EXPECT_EQ(memory->usable_bytes(), memory->available_bytes);
}

}  // namespace
}  // namespace systemcheck
