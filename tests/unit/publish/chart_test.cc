#include "publish/chart.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/view_builder.h"

namespace systemcheck {
namespace {

using namespace std::chrono_literals;
using test::view_time;
using testing::HasSubstr;
using testing::Not;

constexpr Chart load{.id = "load", .title = "Load", .value = &MachineSample::load};

std::string drawn(const MachineSamples& samples, const Chart& chart = load) {
  return chart_figure(chart, samples, view_time, 150s);
}

/// How many lines there are: each begins with M.
std::ptrdiff_t lines_in(const std::string& figure) {
  const auto path = figure.substr(figure.rfind("<path d=\""));
  return std::count(path.begin(), path.begin() + static_cast<std::ptrdiff_t>(path.find("/>")), 'M');
}

MachineSamples minutes(int first, int last) {
  MachineSamples samples;
  for (int minute = first; minute <= last; ++minute)
    samples.push_back({.at = view_time - 24h + minute * 1min, .load = 0.5F, .usable_ratio = 0.5F});
  return samples;
}

TEST(Chart, IsOneLineWhereNothingIsMissing) { EXPECT_EQ(lines_in(drawn(minutes(0, 1439))), 1); }

TEST(Chart, HasAGapWhereNothingIsKnown) {
  auto samples = minutes(0, 400);
  const auto later = minutes(500, 1439);
  samples.insert(samples.end(), later.begin(), later.end());
  EXPECT_EQ(lines_in(drawn(samples)), 2);

  for (std::size_t i = 600; i < 700; ++i)
    samples[i].load = MachineSample::unknown;
  EXPECT_EQ(lines_in(drawn(samples)), 3);
}

TEST(Chart, ShowsASingleSampleAsADot) { EXPECT_THAT(drawn(minutes(700, 700)), HasSubstr("h0\"/>")); }

TEST(Chart, SaysInWordsWhatItShows) {
  auto samples = minutes(0, 10);
  samples[3].load = 0.25F;
  samples[5].load = 3;
  EXPECT_THAT(drawn(samples),
              HasSubstr("aria-label=\"Load of the last 24 hours: now 0.50, least 0.25, greatest 3.00\""));
  EXPECT_THAT(drawn({}), HasSubstr("Nothing has been written down yet."));
}

TEST(Chart, MarksWhenMemoryWasShort) {
  const Chart memory{.id = "memory",
                     .title = "Usable memory",
                     .value = &MachineSample::usable_ratio,
                     .is_share = true,
                     .marks_shortage = true};
  auto samples = minutes(0, 1439);
  EXPECT_THAT(drawn(samples, memory), HasSubstr("memory was never short"));
  for (std::size_t i = 100; i < 160; ++i)
    samples[i].is_shedding = true;
  samples[300].is_shedding = true;

  const auto figure = drawn(samples, memory);

  EXPECT_THAT(figure, HasSubstr("<rect class=\"short\" x=\"14\" width=\"8\""));
  EXPECT_THAT(figure, HasSubstr("<rect class=\"short\" x=\"40\" width=\"1\""));
}

TEST(Chart, StaysSmallWhateverItShows) {
  auto samples = minutes(0, 1439);
  for (std::size_t i = 0; i < samples.size(); ++i)
    samples[i].load = i % 10 < 5 ? 0.0F : 100.0F;
  EXPECT_LT(drawn(samples).size(), 8'000U);
}

TEST(Chart, HasAScaleThatIsRound) {
  EXPECT_DOUBLE_EQ(round_top(0.4), 0.5);
  EXPECT_EQ(round_top(1), 1);
  EXPECT_EQ(round_top(2.1), 3);
  EXPECT_EQ(round_top(81), 100);
  EXPECT_EQ(round_top(0), 1);
  EXPECT_EQ(round_top(std::numeric_limits<double>::quiet_NaN()), 1);
}

}  // namespace
}  // namespace systemcheck
