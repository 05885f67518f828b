#include "collect/memory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace systemcheck {
namespace {

using testing::HasSubstr;

constexpr std::string_view meminfo =
    "MemTotal:       1000 kB\nMemFree:         100 kB\nMemAvailable:    250 kB\nBuffers:          10 kB\n"
    "Cached:          300 kB\nSwapCached:        7 kB\nSwapTotal:        64 kB\nSwapFree:         32 kB\n"
    "SReclaimable:      5 kB\nHugePages_Total:       0\n";

TEST(ParseMemory, TurnsKibibytesIntoBytes) {
  const auto memory = parse_memory(meminfo, "", 4096);
  ASSERT_TRUE(memory);
  EXPECT_EQ(memory->total_bytes, 1024000U);
  EXPECT_EQ(memory->available_bytes, 256000U);
  EXPECT_EQ(memory->free_bytes, 102400U);
  EXPECT_EQ(memory->buffers_bytes, 10240U);
  EXPECT_EQ(memory->swap_total_bytes, 65536U);
  EXPECT_EQ(memory->swap_free_bytes, 32768U);
  EXPECT_DOUBLE_EQ(memory->usable_ratio(), 0.25);
}

TEST(ParseMemory, CountsReclaimableSlabAsCacheAndSwapCacheNot) {
  const auto memory = parse_memory(meminfo, "", 4096);
  ASSERT_TRUE(memory);
  EXPECT_EQ(memory->cached_bytes, 305U * 1024);
}

TEST(ParseMemory, TurnsSwappedPagesIntoBytes) {
  const auto memory = parse_memory(meminfo, "pswpin 2\npswpout 3\noom_kill 4\n", 65536);
  ASSERT_TRUE(memory);
  EXPECT_EQ(memory->swapped_in_bytes, 131072U);
  EXPECT_EQ(memory->swapped_out_bytes, 196608U);
  EXPECT_EQ(memory->oom_kills, 4U);
}

TEST(ParseMemory, RefusesAReadingThatWouldLookLikeAnEmptyMachine) {
  const auto no_total = parse_memory("MemAvailable: 5 kB\n", "", 4096);
  ASSERT_FALSE(no_total);
  EXPECT_THAT(no_total.error().message, HasSubstr("no MemTotal line"));
  EXPECT_FALSE(parse_memory("MemTotal: 0 kB\nMemAvailable: 0 kB\n", "", 4096));
  EXPECT_FALSE(parse_memory("MemTotal: 5 kB\n", "", 4096));
  EXPECT_FALSE(parse_memory("MemTotal: x kB\nMemAvailable: 1 kB\n", "", 4096));
}

TEST(ParseMemory, RefusesMoreAvailableThanThereIs) {
  EXPECT_FALSE(parse_memory("MemTotal: 5 kB\nMemAvailable: 6 kB\n", "", 4096));
}

}  // namespace
}  // namespace systemcheck
