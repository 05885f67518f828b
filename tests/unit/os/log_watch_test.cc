#include "os/log_watch.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include "base/text.h"
#include "support/temporary_directory.h"

namespace systemcheck::test {
namespace {

class LogWatchTest : public testing::Test {
 protected:
  LogWatchTest() { EXPECT_TRUE(watch->watch({{.directory = directory.path(), .name = "maillog"}})); }
  void touch(const std::string& name) const { directory.write_file(name, "x"); }

  TemporaryDirectory directory{};
  std::unique_ptr<LogWatch> watch = *make_inotify();
};

TEST_F(LogWatchTest, TellsOfWhatBeginsLikeOurs) {
  EXPECT_FALSE(watch->take().concern_us);
  touch("maillog");
  EXPECT_TRUE(watch->take().concern_us);
  touch("maillog.1");
  EXPECT_TRUE(watch->take().concern_us);
  EXPECT_FALSE(watch->take().concern_us) << "once";
}

TEST_F(LogWatchTest, TellsNothingOfOthers) {
  touch("messages");
  const auto changes = watch->take();
  EXPECT_FALSE(changes.concern_us || changes.were_lost || changes.lost_directory);
}

TEST_F(LogWatchTest, TellsOfEachWayInWhichAFileLosesItsName) {
  touch("maillog");
  (void)watch->take();  // Of the beginning.
  std::filesystem::rename(directory.path("maillog"), directory.path("elsewhere"));
  EXPECT_TRUE(watch->take().concern_us);
  std::filesystem::rename(directory.path("elsewhere"), directory.path("maillog"));
  EXPECT_TRUE(watch->take().concern_us);
  std::filesystem::remove(directory.path("maillog"));
  EXPECT_TRUE(watch->take().concern_us);
}

TEST_F(LogWatchTest, TellsThatADirectoryIsGoneOrMoved) {
  for (const auto* name : {"removed", "moved"}) {
    const auto path = directory.make_directory(name);
    ASSERT_TRUE(watch->watch({{.directory = path, .name = "maillog"}}));
    (void)watch->take();  // Of what was watched before.
    if (std::string(name) == "moved") {
      std::filesystem::rename(path, directory.path("other"));
    } else {
      std::filesystem::remove(path);
    }
    EXPECT_TRUE(watch->take().lost_directory) << name;
  }
}

TEST_F(LogWatchTest, SaysThatADirectoryIsNotThereAndWatchesTheOthers) {
  const auto watched = watch->watch({{.directory = directory.path("missing"), .name = "maillog"},
                                     {.directory = directory.path(), .name = "maillog"}});
  ASSERT_FALSE(watched);
  EXPECT_EQ(watched.error().kind, Error::Kind::not_found);
  touch("maillog");
  EXPECT_TRUE(watch->take().concern_us);
}

TEST_F(LogWatchTest, SaysThatTheKernelHadMoreToTellThanItKeeps) {
  std::ifstream limit("/proc/sys/fs/inotify/max_queued_events");
  std::string text;
  if (!std::getline(limit, text)) GTEST_SKIP() << "the kernel does not say how much it keeps";
  const auto kept = parse_number<std::size_t>(text).value_or(0);
  if (kept == 0 || kept > 100'000) GTEST_SKIP() << "it keeps " << text;
  const auto one = directory.write_file("one", "");
  const auto two = directory.write_file("two", "");
  for (std::size_t count = 0; count <= kept; ++count)  // Equal ones after another would be told as one.
    std::filesystem::permissions(count % 2 == 0 ? one : two, std::filesystem::perms{0600});
  bool were_lost = false;
  for (std::size_t takes = 0; takes < kept && !were_lost; ++takes)
    were_lost = watch->take().were_lost;
  EXPECT_TRUE(were_lost);
}

}  // namespace
}  // namespace systemcheck::test
