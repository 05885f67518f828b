#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "collect/processes.h"

namespace systemcheck {
namespace {

using testing::HasSubstr;

std::string stat_of(const std::string& name) {
  return "4711 (" + name +
         ") S 1 4700 4690 34818 4700 4194560 11 12 13 14 1500 250 16 17 20 -5 3 0 86400 10485760 100 "
         "18446744073709551615 1 1 0 0 0 0 0 4096 0 0 0 0 17 1 0 0 0 0 0\n";
}

TEST(ParseStat, ReadsTheFieldsOfProc5) {
  const auto text = stat_of("cron");
  const auto parsed = parse_stat(text, 4096);
  ASSERT_TRUE(parsed);
  const auto& process = parsed->process;
  EXPECT_EQ(parsed->comm, "cron");
  EXPECT_EQ(process.identity, (ProcessIdentity{.pid = 4711, .start_ticks = 86400}));
  EXPECT_EQ(process.state, 'S');
  EXPECT_EQ(process.parent, 1);
  EXPECT_EQ(process.group, 4700);
  EXPECT_EQ(process.session, 4690);
  EXPECT_EQ(process.tty, 34818U);
  EXPECT_TRUE(process.is_foreground);
  EXPECT_EQ(process.user_ticks, 1500U);
  EXPECT_EQ(process.system_ticks, 250U);
  EXPECT_EQ(process.nice, -5);
  EXPECT_EQ(process.threads, 3U);
  EXPECT_EQ(process.virtual_bytes, 10485760U);
  EXPECT_EQ(process.resident_bytes, 409600U);
}

TEST(ParseStat, IsNotFooledByNames) {
  for (const auto* name :
       {"foo) Z 1 (", ") ", ")", "(", "a b", "two\nlines", "\xff\xfe", "", " ", "1 (x) R 1"}) {
    const auto text = stat_of(name);
    const auto parsed = parse_stat(text, 4096);
    ASSERT_TRUE(parsed) << name;
    EXPECT_EQ(parsed->comm, name);
    EXPECT_EQ(parsed->process.state, 'S') << name;
    EXPECT_EQ(parsed->process.identity.start_ticks, 86400U) << name;
  }
}

TEST(ParseStat, RefusesEveryTornRead) {
  const auto whole = stat_of("cron");
  const auto end_of_memory = whole.find(" 100 ");
  for (std::size_t length = 0; length <= end_of_memory; ++length)
    EXPECT_FALSE(parse_stat(std::string_view(whole).substr(0, length), 4096)) << length;
}

TEST(ParseStat, RefusesWhatIsNoProcess) {
  for (const auto* text :
       {"(x) S 1", "0 (x) S 1", "-1 (x) S 1", "x (x) S 1", "1 x S 1", "1 )( S 1", "99999999999 (x) S"}) {
    EXPECT_FALSE(parse_stat(text, 4096)) << text;
  }
}

TEST(ParseStat, TakesNumbersThatTheKernelPrintsWithTheOtherSign) {
  const auto parsed = parse_stat(
      "1 (x) I 0 0 0 -1 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 5 18446744073709551615 -3 "
      "18446744073709551615 1 1 0\n",
      4096);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->process.tty, 0xffffffffU);
  EXPECT_EQ(parsed->process.resident_bytes, 0U);
}

}  // namespace
}  // namespace systemcheck
