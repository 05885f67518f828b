#include "collect/pressure.h"

#include <gtest/gtest.h>

#include "base/metrics.h"
#include "support/fake_look.h"

namespace systemcheck {
namespace {

using test::FakeLook;

TEST(ParsePressure, ReadsTheTotalsInSeconds) {
  const auto totals = parse_pressure(
      "some avg10=0.00 avg60=12.50 avg300=0.00 total=2500000\n"
      "full avg10=0.00 avg60=2.50 avg300=0.00 total=500000\n");
  ASSERT_TRUE(totals);
  EXPECT_DOUBLE_EQ(totals->waiting_seconds, 2.5);
  EXPECT_DOUBLE_EQ(totals->stalled_seconds, 0.5);
  EXPECT_DOUBLE_EQ(totals->waiting_ratio, 0.125);
  EXPECT_DOUBLE_EQ(totals->stalled_ratio, 0.025);
}

TEST(ParsePressure, TakesAMissingFullLineForNone) {
  const auto totals = parse_pressure("some avg10=0.00 total=1000000\n");
  ASSERT_TRUE(totals);
  EXPECT_EQ(totals->stalled_seconds, 0);
}

TEST(ParsePressure, RefusesALineWithoutTotal) {
  EXPECT_FALSE(parse_pressure("some avg10=0.00 avg60=0.00\n"));
  EXPECT_FALSE(parse_pressure("some total=many\n"));
  EXPECT_FALSE(parse_pressure(""));
}

TEST(Pressure, IsNoErrorWhereTheKernelHasNone) {
  FakeLook world;
  const auto pressure = Pressure::collect(world.look);
  ASSERT_TRUE(pressure);
  Metrics metrics;
  pressure->describe(metrics);
  EXPECT_TRUE(metrics.families().empty());
}

TEST(Pressure, IsAnErrorWhereItCannotBeRead) {
  FakeLook world;
  world.host.fail("/proc/pressure/cpu", Error::Kind::denied);
  EXPECT_FALSE(Pressure::collect(world.look));
}

}  // namespace
}  // namespace systemcheck
