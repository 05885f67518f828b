#include "daemon/sample_ring.h"

#include <gtest/gtest.h>

#include <cmath>

#include "support/view_builder.h"

namespace systemcheck {
namespace {

using namespace std::chrono_literals;
using test::view_instant;
using test::view_time;

/// What the machine posts after so long, in a cycle of its own.
View view_after(Duration passed, std::uint64_t cycle) {
  test::ViewBuilder builder;
  builder.view().posted_at = view_time + passed;
  builder.snapshot().cycle = cycle;
  return builder.build();
}

TEST(SampleRing, TakesASampleAMinuteHoweverOftenIsPosted) {
  SampleRing ring({});
  std::uint64_t cycle = 0;
  for (auto passed = Duration::zero(); passed <= 10min; passed += 5s)
    ring.note(view_after(passed, ++cycle), view_instant + passed);

  ASSERT_EQ(ring.samples()->size(), 11U);
  EXPECT_EQ(ring.samples()->back().at - ring.samples()->front().at, 10min);
  EXPECT_FLOAT_EQ(ring.samples()->front().load, 0.21F);
  EXPECT_FLOAT_EQ(ring.samples()->front().load_per_cpu, 0.105F);
  EXPECT_FLOAT_EQ(ring.samples()->front().usable_ratio, 0.75F);
  EXPECT_TRUE(std::isnan(ring.samples()->front().relay_clients));
}

TEST(SampleRing, TakesNoSampleOfFactsThatItHasAlready) {
  SampleRing ring({});
  EXPECT_TRUE(ring.note(view_after(0s, 1), view_instant));
  EXPECT_FALSE(ring.note(view_after(1h, 1), view_instant + 1h));
  EXPECT_TRUE(ring.note(view_after(1h, 2), view_instant + 1h));
}

TEST(SampleRing, TellsOfAShortageThatWasOverBeforeTheNextSample) {
  SampleRing ring({});
  ring.note(view_after(0s, 1), view_instant);
  auto shed = view_after(10s, 2);
  shed.shedding = test::make_shedding();
  ring.note(shed, view_instant + 10s);

  EXPECT_TRUE(ring.note(view_after(1min, 3), view_instant + 1min)->is_shedding);
  EXPECT_FALSE(ring.note(view_after(2min, 4), view_instant + 2min)->is_shedding);
}

TEST(SampleRing, KeepsADayAndForgetsWhatAClockThatIsSetBackHasLeftAhead) {
  MachineSamples earlier;
  for (int minute = 0; minute < 1440; ++minute)
    earlier.push_back({.at = view_time - 24h + minute * 1min, .load = 1});
  SampleRing ring(earlier);
  ring.note(view_after(0s, 1), view_instant);
  EXPECT_EQ(ring.samples()->size(), samples_max);
  EXPECT_EQ(ring.samples()->back().at, view_time);

  ring.note(view_after(-12h, 2), view_instant + 1min);
  EXPECT_EQ(ring.samples()->back().at, view_time - 12h);
  EXPECT_EQ(ring.samples()->size(), 720U);
}

}  // namespace
}  // namespace systemcheck
