#include "publish/community.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "support/shell.h"

namespace systemcheck::test {
namespace {

class CommunityFile : public ::testing::Test {
 protected:
  [[nodiscard]] std::string path() const { return directory_.path() + "/snmp-community"; }
  void write(const std::string& content) const { std::ofstream(path()) << content; }
  [[nodiscard]] std::string refusal() const {
    const auto read = read_or_make_community(directory_.path());
    return read ? "" : read.error().message;
  }

  OwnDirectory directory_{};
};

TEST_F(CommunityFile, IsMadeOnceAndThenKept) {
  const auto first = read_or_make_community(directory_.path());
  const auto second = read_or_make_community(directory_.path());
  ASSERT_TRUE(first && second);
  EXPECT_TRUE(first->is_new);
  EXPECT_FALSE(second->is_new);
  EXPECT_EQ(first->text, second->text);
}

TEST_F(CommunityFile, HoldsTwentyFourLettersThatCannotBeConfused) {
  const auto made = read_or_make_community(directory_.path());
  ASSERT_TRUE(made);
  EXPECT_EQ(made->text.size(), 24U);
  EXPECT_EQ(made->text.find_first_of("01OIl"), std::string::npos);
  EXPECT_EQ(made->text.find_first_not_of("23456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"),
            std::string::npos);
}

TEST_F(CommunityFile, DiffersFromOneMachineToTheNext) {
  const OwnDirectory other;
  EXPECT_NE(read_or_make_community(directory_.path())->text, read_or_make_community(other.path())->text);
}

TEST_F(CommunityFile, IsForTheOwnerAndTheGroupWhateverTheUmask) {
  const auto before = ::umask(0777);
  const auto made = read_or_make_community(directory_.path());
  ::umask(before);
  ASSERT_TRUE(made);
  struct stat status {};
  ASSERT_EQ(::stat(path().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0640U);
}

TEST_F(CommunityFile, IsAllThatIsLeftBehind) {
  ASSERT_TRUE(read_or_make_community(directory_.path()));
  const std::filesystem::directory_iterator files(directory_.path());
  EXPECT_EQ(std::distance(begin(files), end(files)), 1);
}

TEST_F(CommunityFile, MayBeWrittenByAPerson) {
  write("our-own.community_7\n");
  const auto read = read_or_make_community(directory_.path());
  ASSERT_TRUE(read);
  EXPECT_EQ(read->text, "our-own.community_7");
  EXPECT_FALSE(read->is_new);
}

TEST_F(CommunityFile, IsRefusedWhenItCouldMeanSomethingElse) {
  for (const std::string content :
       {"", "\n", "short", "with blank", "quoted\"quoted", "comment#comment", "two\nlines-here",
        "public\r\n-----", "caf\xc3\xa9-caf\xc3\xa9", "\x1b[31mcolourful"}) {
    write(content);
    EXPECT_NE(refusal().find("a community has 8 to 64 letters"), std::string::npos) << content;
  }
}

TEST_F(CommunityFile, IsBounded) {
  write(std::string(community_bytes_max, 'c'));
  EXPECT_EQ(refusal(), "");
  write(std::string(community_bytes_max + 1, 'c'));
  EXPECT_NE(refusal(), "");
  write(std::string(1'000'000, 'c'));
  EXPECT_NE(refusal(), "");
}

TEST_F(CommunityFile, SaysWhichFileIsWrong) {
  write("short");
  EXPECT_EQ(refusal().rfind("snmp: " + path() + ": ", 0), 0U) << refusal();
}

TEST_F(CommunityFile, IsNotReadThroughALink) {
  std::ofstream(directory_.path() + "/elsewhere") << "elsewhere-community\n";
  std::filesystem::create_symlink(directory_.path() + "/elsewhere", path());
  EXPECT_NE(refusal().find(path()), std::string::npos) << refusal();
}

TEST_F(CommunityFile, SurvivesACrashHalfWayThroughMakingIt) {
  std::ofstream(path() + ".new") << "half";
  const auto made = read_or_make_community(directory_.path());
  ASSERT_TRUE(made);
  EXPECT_EQ(made->text.size(), 24U);
}

TEST_F(CommunityFile, NamesTheDirectoryThatIsMissing) {
  const auto made = read_or_make_community(directory_.path() + "/missing");
  ASSERT_FALSE(made);
  EXPECT_NE(made.error().message.find("/missing/snmp-community"), std::string::npos) << made.error().message;
}

}  // namespace
}  // namespace systemcheck::test
