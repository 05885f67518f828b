#include "base/units.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <vector>

namespace systemcheck {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

TEST(ParseDuration, KnowsEveryUnit) {
  EXPECT_EQ(*parse_duration("7ns"), Duration(7));
  EXPECT_EQ(*parse_duration("7us"), std::chrono::microseconds(7));
  EXPECT_EQ(*parse_duration("250ms"), milliseconds(250));
  EXPECT_EQ(*parse_duration("10s"), seconds(10));
  EXPECT_EQ(*parse_duration("5m"), minutes(5));
  EXPECT_EQ(*parse_duration("2h"), hours(2));
  EXPECT_EQ(*parse_duration("1d"), hours(24));
  EXPECT_EQ(*parse_duration("0s"), Duration::zero());
}

TEST(ParseDuration, RefusesWhatIsNoWholeNumberAndOneUnit) {
  for (const std::string text : {"", "0", "10", "s", "-5s", "+5s", "1.5s", "10 s", " 10s", "10s ", "1m30s",
                                 "10S", "10sec", "1w", "0x10s", "1e3s", "１０s"}) {
    EXPECT_FALSE(parse_duration(text)) << text;
  }
}

TEST(ParseDuration, RefusesWhatDoesNotFit) {
  EXPECT_EQ(parse_duration("9223372036854775807ns")->count(), std::numeric_limits<std::int64_t>::max());
  for (const auto* text :
       {"9223372036854775808ns", "106752d", "18446744073709551616s", "99999999999999999999999d"}) {
    EXPECT_FALSE(parse_duration(text)) << text;
  }
}

TEST(ParseDuration, ShowsAHostileTextSafely) {
  EXPECT_EQ(parse_duration("\x1b[2J").error().message,
            "'\\x1b[2J' is not a duration (a whole number and a unit, as 250ms, 10s, 5m, 2h, 1d)");
  EXPECT_LT(parse_duration(std::string(100'000, 'x')).error().message.size(), 200U);
}

TEST(DurationText, IsTheShortestThatReadsBackAsTheSame) {
  const std::vector<std::pair<Duration, std::string>> texts{{Duration::zero(), "0s"},
                                                            {Duration(1), "1ns"},
                                                            {Duration(1'500'000), "1500us"},
                                                            {milliseconds(250), "250ms"},
                                                            {milliseconds(1000), "1s"},
                                                            {seconds(60), "1m"},
                                                            {seconds(90), "90s"},
                                                            {minutes(90), "90m"},
                                                            {hours(36), "36h"},
                                                            {hours(48), "2d"},
                                                            {Duration::max(), "9223372036854775807ns"}};
  for (const auto& [duration, text] : texts) {
    EXPECT_EQ(duration_text(duration), text);
    EXPECT_EQ(*parse_duration(text), duration);
  }
}

TEST(DurationText, HasAMinusWhereAClockWentBack) {
  EXPECT_EQ(duration_text(-seconds(5)), "-5s");
  EXPECT_EQ(duration_text(Duration::min()), "-9223372036854775808ns");
}

TEST(DurationWords, HaveTwoUnitsAtMost) {
  EXPECT_EQ(duration_words(Duration::zero()), "0 s");
  EXPECT_EQ(duration_words(std::chrono::microseconds(250)), "250 µs");
  EXPECT_EQ(duration_words(milliseconds(30)), "30 ms");
  EXPECT_EQ(duration_words(seconds(5)), "5.0 s");
  EXPECT_EQ(duration_words(milliseconds(59'960)), "59.9 s");
  EXPECT_EQ(duration_words(minutes(12)), "12 min");
  EXPECT_EQ(duration_words(seconds(90)), "1 min 30 s");
  EXPECT_EQ(duration_words(hours(2) + seconds(59)), "2 h");
  EXPECT_EQ(duration_words(hours(76) + minutes(5)), "3 d 4 h");
  EXPECT_EQ(duration_words(-seconds(5)), "-5.0 s");
  EXPECT_EQ(duration_words(Duration::min()), "-106751 d 23 h");
}

TEST(ParseBytes, KnowsPlainNumbersAndBinaryUnits) {
  EXPECT_EQ(*parse_bytes("0"), 0U);
  EXPECT_EQ(*parse_bytes("4096"), 4096U);
  EXPECT_EQ(*parse_bytes("64KiB"), 65536U);
  EXPECT_EQ(*parse_bytes("2GiB"), 2147483648U);
  EXPECT_EQ(*parse_bytes("18446744073709551615"), std::numeric_limits<std::uint64_t>::max());
}

TEST(ParseBytes, RefusesTheRest) {
  for (const auto* text :
       {"", "KiB", "1.5GiB", "64MB", "64kib", "64 MiB", "-1", "18446744073709551616", "16777216TiB"}) {
    EXPECT_FALSE(parse_bytes(text)) << text;
  }
}

TEST(BytesText, ReadsBackAsTheSame) {
  for (const std::uint64_t bytes :
       {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{1023}, std::uint64_t{1024}, std::uint64_t{1536},
        std::uint64_t{64} << 20, std::uint64_t{1} << 63, std::numeric_limits<std::uint64_t>::max()}) {
    EXPECT_EQ(*parse_bytes(bytes_text(bytes)), bytes);
  }
  EXPECT_EQ(bytes_text(1536), "1536");
  EXPECT_EQ(bytes_text(std::uint64_t{64} << 20), "64MiB");
}

TEST(BytesWords, AreRoundedForPeople) {
  EXPECT_EQ(bytes_words(0), "0 B");
  EXPECT_EQ(bytes_words(1023), "1023 B");
  EXPECT_EQ(bytes_words(1536), "1.5 KiB");
  EXPECT_EQ(bytes_words(1'610'612'736), "1.5 GiB");
  EXPECT_EQ(bytes_words((1ULL << 20) - 1), "1.0 MiB");
  EXPECT_EQ(bytes_words(std::numeric_limits<std::uint64_t>::max()), "16.0 EiB");
}

TEST(ParseShare, ReadsTheVeryNumberASourceWouldHold) {
  EXPECT_EQ(*parse_share("10%"), 0.10);
  EXPECT_EQ(*parse_share("80%"), 0.80);
  EXPECT_EQ(*parse_share("2.5%"), 0.025);
  EXPECT_EQ(*parse_share("14.5%"), 0.145);
  EXPECT_EQ(*parse_share("0%"), 0.0);
  EXPECT_EQ(*parse_share("100%"), 1.0);
}

TEST(ParseShare, RefusesTheRest) {
  for (const std::string text : {"", "%", "10", "0.1", "-1%", "+1%", "100.1%", "101%", "10 %", "1e1%", "inf%",
                                 "nan%", ".5%", "5.%", "1.2.3%", "10%%"}) {
    EXPECT_FALSE(parse_share(text)) << text;
  }
  EXPECT_FALSE(parse_share(std::string(2000, '0') + "%"));
}

TEST(ShareText, ReadsBackAsTheSame) {
  for (const double share : {0.0, 1.0, 0.1, 0.145, 0.07, 1.0 / 3, 0.999999999999, 1e-9, 5e-324}) {
    EXPECT_EQ(*parse_share(share_text(share)), share) << share_text(share);
  }
  EXPECT_EQ(share_text(0.145), "14.5%");
  EXPECT_EQ(share_text(0.07), "7%");
  EXPECT_EQ(share_text(1), "100%");
}

TEST(ShareText, HasAWordForWhatIsNoNumber) {
  EXPECT_EQ(share_text(std::numeric_limits<double>::quiet_NaN()), "unknown");
}

TEST(WallTimeText, IsRfc3339) {
  EXPECT_EQ(wall_time_text(WallTime{}), "1970-01-01T00:00:00Z");
  EXPECT_EQ(wall_time_text(WallTime(seconds(1795371600))), "2026-11-22T18:20:00Z");
  EXPECT_EQ(wall_time_text(WallTime(milliseconds(1795371600999))), "2026-11-22T18:20:00Z");
  EXPECT_EQ(wall_time_text(WallTime(seconds(-1))), "1969-12-31T23:59:59Z");
}

}  // namespace
}  // namespace systemcheck
