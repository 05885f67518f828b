#include "daemon/memory_source.h"

#include <gtest/gtest.h>

#include <fstream>

#include "support/temporary_directory.h"

namespace systemcheck::test {
namespace {

constexpr std::uint64_t page_bytes = 4096;

TEST(MachineMemory, IsThatOfThisMachine) {
  const auto source = machine_memory(page_bytes);
  const auto sight = source->read(Instant{std::chrono::hours{1}});
  ASSERT_TRUE(sight) << sight.error().message;
  EXPECT_GT(sight->usable_bytes, 0);
  EXPECT_LE(sight->usable_bytes, sight->total_bytes);
  EXPECT_GT(*sight->anonymous_bytes, 0);
  EXPECT_EQ(sight->taken, Instant{std::chrono::hours{1}});
}

TEST(MachineMemory, IsSeenAtAGlanceOnceItWasRead) {
  const auto source = machine_memory(page_bytes);
  EXPECT_FALSE(source->glance());
  const auto sight = source->read({});
  ASSERT_TRUE(sight);
  const auto glance = source->glance();
  ASSERT_TRUE(glance);
  EXPECT_NEAR(*glance, sight->usable_bytes, 0.2 * sight->total_bytes);
}

/// A directory that looks like a control group.
class GroupMemory : public ::testing::Test {
 protected:
  void write(const std::string& name, const std::string& text) const {
    std::ofstream(directory.path(name)) << text;
  }
  void write_unified() const {
    write("memory.max", "1000\n");
    write("memory.current", "700\n");
    write("memory.stat", "anon 500\nfile 150\ninactive_file 100\n");
    write("memory.events", "low 0\nhigh 0\nmax 3\noom 2\noom_kill 1\n");
    write("memory.pressure",
          "some avg10=0.00 avg60=0.00 avg300=0.00 total=2000000\n"
          "full avg10=0.00 avg60=0.00 avg300=0.00 total=5\n");
  }
  [[nodiscard]] Result<std::unique_ptr<MemorySource>> make() const {
    return control_group_memory(directory.path(""));
  }

  TemporaryDirectory directory{};
};

TEST_F(GroupMemory, IsItsLimitLessItsUsageAndWhatIsCached) {
  write_unified();
  const auto source = make();
  ASSERT_TRUE(source) << source.error().message;
  const auto sight = (*source)->read({});
  ASSERT_TRUE(sight);
  EXPECT_EQ(sight->total_bytes, 1000);
  EXPECT_EQ(sight->usable_bytes, 400);
  EXPECT_EQ(sight->anonymous_bytes, 500);
  EXPECT_EQ(sight->waiting_seconds, 2);
  EXPECT_EQ(sight->oom_kills, 1U);
}

TEST_F(GroupMemory, IsReadInTheWordsOfTheFirstVersion) {
  write("memory.limit_in_bytes", "1000\n");
  write("memory.usage_in_bytes", "700\n");
  write("memory.stat", "rss 1\ntotal_inactive_file 100\ntotal_rss 500\n");
  write("memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 4\n");
  const auto source = make();
  ASSERT_TRUE(source) << source.error().message;
  const auto sight = (*source)->read({});
  EXPECT_EQ(sight->usable_bytes, 400);
  EXPECT_EQ(sight->anonymous_bytes, 500);
  EXPECT_EQ(sight->oom_kills, 4U);
  EXPECT_FALSE(sight->waiting_seconds);
}

TEST_F(GroupMemory, IsReadAnewEachTime) {
  write_unified();
  const auto source = make();
  write("memory.current", "900\n");
  EXPECT_EQ((*source)->read({})->usable_bytes, 200);
}

TEST_F(GroupMemory, IsNoneWithoutALimit) {
  write_unified();
  write("memory.max", "max\n");
  const auto source = make();
  ASSERT_FALSE(source);
}

TEST_F(GroupMemory, IsAnErrorWhenItIsDamaged) {
  write_unified();
  const auto source = make();
  write("memory.stat", "anon many\n");
  EXPECT_FALSE((*source)->read({}));
}

TEST_F(GroupMemory, IsNeverMoreThanThereIs) {
  write_unified();
  write("memory.current", "10\n");
  const auto source = make();
  EXPECT_EQ((*source)->read({})->usable_bytes, 1000);
}

}  // namespace
}  // namespace systemcheck::test
