#include "relay/log_time.h"

#include <gtest/gtest.h>

namespace systemcheck {
namespace {

using namespace std::chrono_literals;

Duration utc(WallTime) { return 0h; }

/// "2026-11-22T18:20:00Z", in this test's own way.
WallTime at(int year, unsigned month, unsigned day, Duration clock) {
  return WallTime{std::chrono::sys_days{std::chrono::year{year} / std::chrono::month{month} /
                                        std::chrono::day{day}}} +
         clock;
}
const auto noon = at(2026, 11, 22, 12h);

/// Central European time in autumn 2026: summer ends on 25 October, 01:00 UTC.
Duration central_europe(WallTime time) { return time < at(2026, 10, 25, 1h) ? 2h : 1h; }

TEST(TimeWithAZone, IsThatMomentWhateverTheClocksHere) {
  const auto expected = at(2026, 11, 22, 16h + 29min + 38s);
  for (const auto* text : {"2026-11-22T16:29:38Z", "2026-11-22T16:29:38+00:00", "2026-11-22T18:29:38+02:00",
                           "2026-11-22T11:59:38-04:30"})
    EXPECT_EQ(parse_log_time(text, noon, central_europe), expected) << text;
}

TEST(TimeWithAZone, MayHaveAFractionOfUpToNineDigits) {
  const auto second = at(2026, 11, 22, 16h + 29min + 38s);
  EXPECT_EQ(parse_log_time("2026-11-22T16:29:38.5Z", noon, utc), second + 500ms);
  EXPECT_EQ(parse_log_time("2026-11-22T16:29:38.123456+00:00", noon, utc), second + 123456us);
  EXPECT_EQ(parse_log_time("2026-11-22T16:29:38.123456789Z", noon, utc), second + 123456789ns);
  EXPECT_FALSE(parse_log_time("2026-11-22T16:29:38.1234567890Z", noon, utc));
  EXPECT_FALSE(parse_log_time("2026-11-22T16:29:38.Z", noon, utc));
}

TEST(Time, ThatIsNoneIsNotGuessed) {
  for (const auto* text : {"",
                           "-",
                           "2026-11-22",
                           "2026-11-22T16:29:38",
                           "2026-13-22T16:29:38Z",
                           "2026-02-29T16:29:38Z",
                           "2026-11-22T24:29:38Z",
                           "2026-11-22T16:60:38Z",
                           "2026-11-22T16:29:61Z",
                           "2026-11-22T16:29:38+0000",
                           "2026-11-22T16:29:38+24:00",
                           "1999-12-31T23:59:59Z",
                           "2200-01-01T00:00:00Z",
                           "9999-11-22T16:29:38Z",
                           "Nov 31 16:29:38",
                           "Foo 22 16:29:38",
                           "Nov 00 16:29:38",
                           "Nov 2x 16:29:38",
                           "nov 22 16:29:38",
                           "2026/11/22 16:29:38",
                           "2026-11-22_16:29:38",
                           "2026-11-22 16:29:38 "})
    EXPECT_FALSE(parse_log_time(text, noon, utc)) << text;
}

TEST(Stamp, IsOfThisYear) {
  EXPECT_EQ(parse_log_time("Nov 22 11:59:59", noon, utc), noon - 1s);
  EXPECT_EQ(parse_log_time("Nov  2 12:00:00", noon, utc), at(2026, 11, 2, 12h));
  EXPECT_EQ(parse_log_time("Jan  1 00:00:00", noon, utc), at(2026, 1, 1, 0h));
}

TEST(Stamp, OfTheOldYearReadInTheNewOneIsOfTheOldOne) {
  const auto now = at(2027, 1, 1, 10s);
  EXPECT_EQ(parse_log_time("Dec 31 23:59:50", now, utc), at(2026, 12, 31, 23h + 59min + 50s));
}

TEST(Stamp, OfTheNewYearReadInTheOldOneIsOfTheNewOne) {
  const auto now = at(2026, 12, 31, 23h + 59min + 50s);
  const auto time = parse_log_time("Jan  1 00:00:10", now, utc);
  EXPECT_EQ(time, at(2027, 1, 1, 10s));
  EXPECT_FALSE(is_ahead(*time, now));
}

TEST(Stamp, ThatWouldBeDaysAheadIsAYearOld) {
  EXPECT_EQ(parse_log_time("Nov 24 12:00:00", noon, utc), at(2025, 11, 24, 12h));
}

TEST(Stamp, OfALeapDayIsOfTheLastLeapYear) {
  EXPECT_EQ(parse_log_time("Feb 29 12:00:00", noon, utc), at(2024, 2, 29, 12h));
}

TEST(Stamp, IsLocalTime) {
  EXPECT_EQ(parse_log_time("Nov 22 13:00:00", noon, central_europe), noon);
  EXPECT_EQ(parse_log_time("Jul  1 12:00:00", noon, central_europe), at(2026, 7, 1, 10h));
  EXPECT_EQ(parse_log_time("2026-07-01 12:00:00", noon, central_europe), at(2026, 7, 1, 10h));
}

TEST(Stamp, ThatComesTwiceIsTheOneByTheClockOfNow) {
  const auto before = at(2026, 10, 25, 40min);
  const auto after = at(2026, 10, 25, 1h + 40min);
  EXPECT_EQ(parse_log_time("Oct 25 02:39:00", before, central_europe), before - 1min);
  EXPECT_EQ(parse_log_time("Oct 25 02:39:00", after, central_europe), after - 1min);
}

TEST(Time, IsAheadByMoreThanAMinute) {
  EXPECT_FALSE(is_ahead(noon + 1min, noon));
  EXPECT_TRUE(is_ahead(noon + 1min + 1ns, noon));
}

}  // namespace
}  // namespace systemcheck
