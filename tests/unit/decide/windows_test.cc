#include "decide/windows.h"

#include <gtest/gtest.h>

namespace systemcheck {
namespace {

using namespace std::chrono_literals;
using std::chrono::sys_days;

/// Central Europe in 2026: two hours ahead from 29 March 01:00 to 25 October 01:00, one hour else.
Duration berlin(WallTime time) {
  constexpr WallTime summer = sys_days{std::chrono::year{2026} / 3 / 29} + 1h;
  constexpr WallTime winter = sys_days{std::chrono::year{2026} / 10 / 25} + 1h;
  return time >= summer && time < winter ? 2h : 1h;
}
Duration utc(WallTime) { return {}; }

WallTime at(unsigned month, unsigned day, Duration time) {
  return WallTime{sys_days{std::chrono::year{2026} / static_cast<int>(month) / static_cast<int>(day)}} + time;
}

MaintenanceWindow window(std::chrono::minutes from, Duration length, std::vector<Weekday> days = {}) {
  return {.services = {"web"}, .days = std::move(days), .from = from, .length = length, .reason = "backup"};
}

Config with(std::vector<MaintenanceWindow> windows) {
  Config config;
  config.services = {{.name = "web"}, {.name = "mail"}};
  config.groups = {{.name = "post", .services = {"mail"}}};
  config.maintenance = std::move(windows);
  return config;
}

std::optional<WallTime> open_until(const Config& config, WallTime now, const UtcOffset& offset_at = utc) {
  const auto open = find_open_window(config, "web", now, offset_at);
  if (!open) return std::nullopt;
  return open->until;
}

TEST(Windows, AreOpenFromTheirTimeForTheirLength) {
  const auto config = with({window(2h, 1h)});
  EXPECT_FALSE(open_until(config, at(6, 1, 2h - 1ns)));
  EXPECT_EQ(open_until(config, at(6, 1, 2h)), at(6, 1, 3h));
  EXPECT_EQ(open_until(config, at(6, 1, 3h - 1ns)), at(6, 1, 3h));
  EXPECT_FALSE(open_until(config, at(6, 1, 3h)));
  EXPECT_EQ(find_open_window(config, "web", at(6, 1, 2h), utc)->reason, "backup");
}

TEST(Windows, AreByLocalTime) {
  const auto config = with({window(2h, 1h)});
  EXPECT_EQ(open_until(config, at(1, 15, 1h), berlin), at(1, 15, 2h));
  EXPECT_FALSE(open_until(config, at(1, 15, 2h), berlin));
  EXPECT_EQ(open_until(config, at(7, 15, 0h), berlin), at(7, 15, 1h));
  EXPECT_FALSE(open_until(config, at(7, 15, 1h), berlin));
}

TEST(Windows, BeginOnTheirDaysAlone) {
  const auto config = with({window(2h, 1h, {Weekday::sun, Weekday::wed})});
  EXPECT_TRUE(open_until(config, at(6, 7, 2h)));   // A Sunday.
  EXPECT_TRUE(open_until(config, at(6, 10, 2h)));  // A Wednesday.
  EXPECT_FALSE(open_until(config, at(6, 8, 2h)));
  EXPECT_FALSE(open_until(config, at(6, 13, 2h)));  // A Saturday.
}

TEST(Windows, ADayIsThatOfTheLocalTimeAtWhichItBegins) {
  // Sunday 00:30 in Berlin is Saturday 22:30 UTC.
  const auto config = with({window(30min, 1h, {Weekday::sun})});
  EXPECT_EQ(open_until(config, at(6, 6, 22h + 45min), berlin), at(6, 6, 23h + 30min));
  EXPECT_FALSE(open_until(config, at(6, 7, 22h + 45min), berlin));
}

TEST(Windows, GoOnOverMidnightAndForDays) {
  const auto night = with({window(23h, 4h, {Weekday::sat})});
  EXPECT_EQ(open_until(night, at(6, 7, 1h)), at(6, 7, 3h));
  EXPECT_FALSE(open_until(night, at(6, 7, 3h)));
  const auto week = with({window(12h, 24h * 7, {Weekday::mon})});
  EXPECT_EQ(open_until(week, at(6, 8, 11h)), at(6, 8, 12h));  // Begun on Monday the first.
  EXPECT_EQ(open_until(week, at(6, 8, 12h)), at(6, 15, 12h));
}

TEST(Windows, OfADayMeetTheNextOne) {
  const auto config = with({window(0h, 24h)});
  EXPECT_EQ(open_until(config, at(6, 2, -1ns)), at(6, 2, 0h));
  EXPECT_EQ(open_until(config, at(6, 2, 0h)), at(6, 3, 0h));
}

TEST(Windows, OfADayLeaveTheHourThatADayHasMoreInAutumnAndOverlapInSpring) {
  const auto config = with({window(0h, 24h)});
  EXPECT_EQ(open_until(config, at(10, 25, 21h + 59min), berlin), at(10, 25, 22h));
  EXPECT_FALSE(open_until(config, at(10, 25, 22h + 30min), berlin));
  EXPECT_EQ(open_until(config, at(10, 25, 23h), berlin), at(10, 26, 23h));
  EXPECT_EQ(open_until(config, at(3, 29, 22h - 1ns), berlin), at(3, 29, 23h));
  EXPECT_EQ(open_until(config, at(3, 29, 22h), berlin), at(3, 30, 22h));
}

TEST(Windows, OfSeveralTheOneThatClosesLastCounts) {
  const auto config = with({window(2h, 1h), window(2h + 30min, 2h)});
  EXPECT_EQ(open_until(config, at(6, 1, 2h + 10min)), at(6, 1, 3h));
  EXPECT_EQ(open_until(config, at(6, 1, 2h + 40min)), at(6, 1, 4h + 30min));
}

TEST(Windows, AreForServicesGroupsAndAllOfThem) {
  auto config = with({window(2h, 1h)});
  EXPECT_FALSE(find_open_window(config, "mail", at(6, 1, 2h), utc));
  config.maintenance[0].services = {"post"};
  EXPECT_TRUE(find_open_window(config, "mail", at(6, 1, 2h), utc));
  EXPECT_FALSE(find_open_window(config, "web", at(6, 1, 2h), utc));
  config.maintenance[0].services = {"all"};
  EXPECT_TRUE(find_open_window(config, "mail", at(6, 1, 2h), utc));
  EXPECT_TRUE(find_open_window(config, "web", at(6, 1, 2h), utc));
}

TEST(Windows, OneThatTheClocksAreSetForwardOverBeginsAsMuchLater) {
  // 02:30 does not exist on 29 March: it is 03:30 summer time, 01:30 UTC.
  const auto config = with({window(2h + 30min, 1h)});
  EXPECT_FALSE(open_until(config, at(3, 29, 1h + 29min), berlin));
  EXPECT_EQ(open_until(config, at(3, 29, 1h + 30min), berlin), at(3, 29, 2h + 30min));
  EXPECT_EQ(open_until(config, at(3, 28, 1h + 30min), berlin), at(3, 28, 2h + 30min));
  EXPECT_EQ(open_until(config, at(3, 30, 30min), berlin), at(3, 30, 1h + 30min));
}

TEST(Windows, OneWhoseBeginningComesTwiceBeginsOnce) {
  // 02:30 comes twice on 25 October: first at 00:30 UTC.
  const auto config = with({window(2h + 30min, 30min)});
  EXPECT_EQ(open_until(config, at(10, 25, 30min), berlin), at(10, 25, 1h));
  EXPECT_FALSE(open_until(config, at(10, 25, 1h + 30min), berlin));
}

TEST(Windows, LastForTheirLengthAlsoWhenTheClocksAreSetMeanwhile) {
  const auto spring = with({window(1h, 3h)});
  EXPECT_EQ(open_until(spring, at(3, 29, 2h), berlin), at(3, 29, 3h));
  const auto autumn = with({window(1h, 3h)});
  EXPECT_EQ(open_until(autumn, at(10, 25, 1h + 59min), berlin), at(10, 25, 2h));
  EXPECT_FALSE(open_until(autumn, at(10, 25, 2h), berlin));
}

}  // namespace
}  // namespace systemcheck
