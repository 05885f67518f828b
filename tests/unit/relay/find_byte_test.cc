#include "relay/find_byte.h"

#include <gtest/gtest.h>

#include <string>

namespace systemcheck {
namespace {

TEST(FindByte, IsWhereTheFirstOfThemStandsWhateverIsAroundIt) {
  for (std::size_t length = 0; length < 40; ++length) {
    for (std::size_t at = 0; at < length; ++at) {
      for (const char around : {'a', '\0', '!', '\x7F', '\xA0', '\xFF', ';', '\x1F'}) {
        std::string text(length, around);
        text[at] = at % 2 == 0 ? ' ' : ':';
        if (at + 2 < length) text[at + 2] = ' ';
        EXPECT_EQ((find_byte<' ', ':'>(text)), at) << length;
      }
    }
    EXPECT_EQ((find_byte<' ', ':'>(std::string(length, 'a'))), length);
    EXPECT_EQ((find_byte<' ', ':'>(std::string(length, '!'))), length);
  }
}

}  // namespace
}  // namespace systemcheck
