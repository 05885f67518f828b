#include "os/kept_file.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "support/temporary_directory.h"

namespace systemcheck::test {
namespace {

class KeptFileTest : public testing::Test {
 protected:
  void write(std::string_view text) const { std::ofstream(path()) << text; }
  [[nodiscard]] std::string path() const { return directory.path("meminfo"); }

  TemporaryDirectory directory{};
};

TEST_F(KeptFileTest, SaysWhatIsInItNow) {
  write("one");
  KeptFile file(path(), 100);
  EXPECT_EQ(*file.read(), "one");
  write("two and more");
  EXPECT_EQ(*file.read(), "two and more");
}

TEST_F(KeptFileTest, IsReadThoughItCouldNotBeOpenedAnyMore) {
  write("kept");
  KeptFile file(path(), 100);
  (void)*file.read();
  std::filesystem::remove(path());
  EXPECT_EQ(*file.read(), "kept");
}

TEST_F(KeptFileTest, IsCutAtItsLimit) {
  write("0123456789");
  KeptFile file(path(), 4);
  EXPECT_EQ(*file.read(), "0123");
}

TEST_F(KeptFileTest, IsReadToItsEndHoweverLongItIs) {
  std::string text;
  for (int i = 0; text.size() < 300'000; ++i)
    text += std::to_string(i);
  write(text);
  KeptFile file(path(), 1'000'000);
  EXPECT_EQ(*file.read(), text);
  write("short");
  EXPECT_EQ(*file.read(), "short");
}

TEST_F(KeptFileTest, IsTriedAgainAfterAnError) {
  KeptFile file(path(), 100);
  EXPECT_EQ(file.read().error().kind, Error::Kind::not_found);
  write("late");
  EXPECT_EQ(*file.read(), "late");
}

TEST_F(KeptFileTest, ReadsTheKernelsFiles) {
  KeptFile file("/proc/meminfo", 65536);
  EXPECT_TRUE(file.read()->starts_with("MemTotal:"));
  EXPECT_TRUE(file.read()->starts_with("MemTotal:"));
}

}  // namespace
}  // namespace systemcheck::test
