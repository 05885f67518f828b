#include "config/windows.h"

#include <gtest/gtest.h>

#include "config/groups.h"

namespace systemcheck {
namespace {

using namespace std::chrono_literals;

TEST(TimeOfDay, IsReadAsItIsWritten) {
  for (const auto time : {0min, 9min, 60min, 12 * 60min, 24 * 60min - 1min}) {
    const auto read = parse_time_of_day(time_of_day_text(time));
    ASSERT_TRUE(read) << time_of_day_text(time);
    EXPECT_EQ(*read, time);
  }
  EXPECT_EQ(time_of_day_text(7h + 5min), "07:05");
}

TEST(TimeOfDay, IsHoursAndMinutesOfOneDay) {
  for (const auto* text : {"", "2", "2:00", "02:0", "02:000", "24:00", "02:60", "-1:00", "+2:00", "02-00",
                           " 2:00", "02: 0", "ab:cd", "02:0x", "0200"}) {
    EXPECT_FALSE(parse_time_of_day(text)) << text;
  }
}

TEST(Names, MeanAServiceAGroupOrAllOfThem) {
  Config config;
  config.services = {Service{.name = "web"}, Service{.name = "mail"}};
  config.groups = {Group{.name = "shop", .services = {"web"}}};
  for (const auto* name : {"web", "shop", "all"})
    EXPECT_TRUE(is_called(config, "web", name)) << name;
  EXPECT_TRUE(is_called(config, "mail", "all"));
  for (const auto* name : {"web", "shop", "we", "nothing", ""})
    EXPECT_FALSE(is_called(config, "mail", name)) << name;
}

}  // namespace
}  // namespace systemcheck
