#include "relay/log_place.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

namespace systemcheck::test {
namespace {

FilePlace place_at(std::uint64_t offset, std::string fingerprint) {
  return {.device = 64768,
          .inode = 4711,
          .offset = offset,
          .fingerprint = std::move(fingerprint),
          .modified = WallTime{std::chrono::seconds{1'795'371'600}}};
}

TEST(LogPlace, IsReadBackAsItWasWritten) {
  const LogPlace place{.files = {place_at(1000, std::string(63, '\xff') + '\n'), place_at(0, ""),
                                 place_at(3, std::string("a\0\n", 3))}};
  EXPECT_EQ(LogPlace::parse(place.text()), place);
}

TEST(LogPlace, IsShortText) {
  EXPECT_EQ((LogPlace{.files = {place_at(2, "a\n")}}.text()), "64768:4711:2:1795371600000000000:610a");
}

TEST(LogPlace, TakesNothingThatItHasNotWritten) {
  for (const auto* text :
       {"", " ", "nonsense", "1:2:3", "1:2:3:4:6", "1:2:3:4:zz6161", "1:2:3:4:6161", "1:2:0:4:61",
        "-1:2:0:4:", "1:2:0:4: ", "1:2:0:4: x", "99999999999999999999:2:0:4:"}) {
    EXPECT_FALSE(LogPlace::parse(text)) << text;
  }
}

TEST(LogPlace, TakesNoMoreFilesThanAreFollowed) {
  LogPlace place;
  place.files.assign(LogPlace::files_max, place_at(0, ""));
  EXPECT_TRUE(LogPlace::parse(place.text()));
  place.files.push_back(place_at(0, ""));
  EXPECT_FALSE(LogPlace::parse(place.text()));
}

}  // namespace
}  // namespace systemcheck::test
