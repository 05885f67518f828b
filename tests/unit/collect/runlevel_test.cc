#include "collect/runlevel.h"

#include <gtest/gtest.h>

#include <string>

#include "support/fake_host.h"
#include "support/utmp_records.h"

namespace systemcheck::test {
namespace {

Result<char> runlevel_of(const std::string& text) {
  FakeHost host;
  host.write(utmp_path, text);
  return read_runlevel(host);
}

Error::Kind complaint_of(const std::string& text) {
  const auto level = runlevel_of(text);
  return level ? Error::Kind::failed : level.error().kind;
}

std::string sessions(std::size_t count) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i)
    text += utmp_record(USER_PROCESS, 1000);
  return text;
}

TEST(Runlevel, IsWhatInitSays) {
  for (const char level : std::string("0123456S"))
    EXPECT_EQ(*runlevel_of(utmp_record(BOOT_TIME, 0) + runlevel_record(level)), level);
}

TEST(Runlevel, IsTheNewOneAndNotTheOneBefore) {
  EXPECT_EQ(*runlevel_of(runlevel_record('2', '6')), '2');
  EXPECT_EQ(*runlevel_of(runlevel_record('6', '2')), '6');
}

TEST(Runlevel, IsFoundAmongSessions) {
  EXPECT_EQ(*runlevel_of(sessions(3) + runlevel_record('6') + sessions(300)), '6');
}

TEST(Runlevel, TheLastRecordCounts) {
  EXPECT_EQ(*runlevel_of(runlevel_record('6') + runlevel_record('2')), '2');
}

TEST(Runlevel, OnlyHaltAndRebootStop) {
  for (const char level : std::string("06"))
    EXPECT_TRUE(is_for_stopping(level)) << level;
  for (const char level : std::string("12345789S"))
    EXPECT_FALSE(is_for_stopping(level)) << level;
}

TEST(Runlevel, IsNotKnownWhereNothingIsSaidOfIt) {
  FakeHost host;
  EXPECT_EQ(read_runlevel(host).error().kind, Error::Kind::not_found);
  EXPECT_EQ(complaint_of(""), Error::Kind::not_found);
  EXPECT_EQ(complaint_of(sessions(2)), Error::Kind::not_found);
}

TEST(Runlevel, IsNotKnownWhereTheFileCannotBeRead) {
  FakeHost host;
  host.fail(utmp_path, Error::Kind::denied);
  EXPECT_EQ(read_runlevel(host).error().kind, Error::Kind::denied);
}

TEST(Runlevel, NothingInAFileThatIsCutIsBelieved) {
  const auto whole = runlevel_record('6');
  EXPECT_EQ(complaint_of(whole.substr(1)), Error::Kind::malformed);
  EXPECT_EQ(complaint_of(whole + whole.substr(0, 100)), Error::Kind::malformed);
}

TEST(Runlevel, NothingInAFileOfSomethingElseIsBelieved) {
  EXPECT_EQ(complaint_of(std::string(sizeof(utmp), 'x')), Error::Kind::malformed);
  EXPECT_EQ(complaint_of(runlevel_record('6') + std::string(sizeof(utmp), '\xff')), Error::Kind::malformed);
  EXPECT_EQ(complaint_of(utmp_record(RUN_LVL, 0)), Error::Kind::malformed);
  EXPECT_EQ(complaint_of(utmp_record(RUN_LVL, -'6')), Error::Kind::malformed);
  EXPECT_EQ(complaint_of(runlevel_record('q')), Error::Kind::malformed);
}

TEST(Runlevel, NoMoreIsReadThanMayBe) {
  EXPECT_EQ(complaint_of(sessions(1024) + runlevel_record('6')), Error::Kind::not_found);
}

}  // namespace
}  // namespace systemcheck::test
