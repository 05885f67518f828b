#include "collect/load.h"

#include <gtest/gtest.h>

namespace systemcheck {
namespace {

TEST(ParseLoad, ReadsTheThreeAverages) {
  const auto load = parse_load("0.21 0.37 12.39 1/719 19737\n");
  ASSERT_TRUE(load);
  EXPECT_DOUBLE_EQ(load->one_minute, 0.21);
  EXPECT_DOUBLE_EQ(load->five_minutes, 0.37);
  EXPECT_DOUBLE_EQ(load->fifteen_minutes, 12.39);
}

TEST(ParseLoad, RefusesATornRead) {
  for (const auto* text : {"", "0.21", "0.21 0.37", "0.21 0.37 12.3", "0.21 0.37 12.3 1/719"}) {
    const auto load = parse_load(text);
    ASSERT_FALSE(load) << text;
    EXPECT_EQ(load.error().kind, Error::Kind::malformed);
  }
}

TEST(ParseLoad, RefusesWhatIsNoAverage) {
  for (const auto* text : {"nan 0 0 1/2 3", "inf 0 0 1/2 3", "-1 0 0 1/2 3", "0,21 0 0 1/2 3"}) {
    EXPECT_FALSE(parse_load(text)) << text;
  }
}

}  // namespace
}  // namespace systemcheck
