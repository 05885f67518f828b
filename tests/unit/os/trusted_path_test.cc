#include "os/trusted_path.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <string>

#include "support/temporary_directory.h"

namespace systemcheck::test {
namespace {

constexpr uid_t stranger = 12'345;

class TrustedPathTest : public testing::Test {
 protected:
  void expect_refused(const std::string& path, const std::string& culprit) {
    const auto trusted = read_trusted_path(path);
    ASSERT_FALSE(trusted) << path;
    EXPECT_EQ(trusted.error().kind, Error::Kind::refused);
    EXPECT_TRUE(trusted.error().message.starts_with(culprit + " ")) << trusted.error().message;
  }
  void give_away(const std::string& path) {
    if (::geteuid() != 0) GTEST_SKIP() << "only root gives files away";
    ASSERT_EQ(::lchown(path.c_str(), stranger, stranger), 0);
  }

  TemporaryDirectory directory{};
};

TEST_F(TrustedPathTest, TakesAProgramThatOnlyRootCanChange) {
  directory.make_directory("sbin");
  const auto file = directory.write_script("sbin/start", "exit 0");
  const auto trusted = read_trusted_path(file);
  ASSERT_TRUE(trusted) << trusted.error().message;
  EXPECT_EQ(*trusted, file);
}

TEST_F(TrustedPathTest, FollowsLinksAndDots) {
  directory.make_directory("sbin");
  directory.make_directory("etc");
  const auto file = directory.write_script("sbin/start", "exit 0");
  std::filesystem::create_symlink("../sbin", directory.path("etc/link"));
  std::filesystem::create_symlink(directory.path("etc/link/start"), directory.path("absolute"));
  const auto trusted = read_trusted_path(directory.path("./etc/../absolute"));
  ASSERT_TRUE(trusted) << trusted.error().message;
  EXPECT_EQ(*trusted, file);
}

TEST_F(TrustedPathTest, RefusesAFileThatItsGroupMayWrite) {
  const auto file = directory.write_file("start", "", 0775);
  expect_refused(file, file);
}

TEST_F(TrustedPathTest, RefusesAFileThatEverybodyMayWriteDespiteAStickyBit) {
  const auto file = directory.write_file("start", "", 01757);
  expect_refused(file, file);
}

TEST_F(TrustedPathTest, RefusesADirectoryThatOthersMayWrite) {
  const auto open = directory.make_directory("open", 0757);
  expect_refused(directory.write_script("open/start", ""), open);
}

TEST_F(TrustedPathTest, RefusesADirectoryFarAboveToo) {
  const auto open = directory.make_directory("open", 0770);
  directory.make_directory("open/closed/deep", 0700);
  expect_refused(directory.write_script("open/closed/deep/start", ""), open);
}

TEST_F(TrustedPathTest, TakesADirectoryWhereOthersMayAddButNotReplace) {
  directory.make_directory("sticky", 01777);
  EXPECT_TRUE(read_trusted_path(directory.write_script("sticky/start", "")));
}

TEST_F(TrustedPathTest, RefusesAFileOfSomebodyElse) {
  const auto file = directory.write_script("start", "");
  give_away(file);
  if (!IsSkipped()) expect_refused(file, file);
}

TEST_F(TrustedPathTest, RefusesALinkOfSomebodyElse) {
  directory.write_script("start", "");
  const auto link = directory.path("link");
  std::filesystem::create_symlink("start", link);
  give_away(link);
  if (!IsSkipped()) expect_refused(link, link);
}

TEST_F(TrustedPathTest, RefusesALinkThatLeadsThroughAnOpenDirectory) {
  directory.write_script("start", "");
  const auto open = directory.make_directory("open", 0777);
  std::filesystem::create_symlink("../start", directory.path("open/hop"));
  std::filesystem::create_symlink("open/hop", directory.path("link"));
  expect_refused(directory.path("link"), open);
}

TEST_F(TrustedPathTest, RefusesLinksThatGoRoundInCircles) {
  std::filesystem::create_symlink("b", directory.path("a"));
  std::filesystem::create_symlink("a", directory.path("b"));
  EXPECT_FALSE(read_trusted_path(directory.path("a")));
}

TEST_F(TrustedPathTest, RefusesWhatIsNoProgram) {
  expect_refused("bin/sh", "bin/sh");
  expect_refused("", "");
  expect_refused(directory.path(), directory.path());
  const auto missing = read_trusted_path(directory.path("missing"));
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().kind, Error::Kind::not_found);
}

TEST_F(TrustedPathTest, ShowsAHostileNameHarmlessly) {
  const auto file = directory.write_file("evil\n\x1b[2J", "", 0777);
  const auto trusted = read_trusted_path(file);
  ASSERT_FALSE(trusted);
  EXPECT_EQ(trusted.error().message.find('\n'), std::string::npos);
  EXPECT_EQ(trusted.error().message.find('\x1b'), std::string::npos);
}

}  // namespace
}  // namespace systemcheck::test
