#include "check/probes.h"

#include <gtest/gtest.h>

#include <vector>

#include "probe/count.h"

namespace systemcheck {
namespace {

using Kind = ProbeFinding::Kind;

ProbeState state(ProbeClass last, bool is_failing, bool is_fatal = true) {
  return {.name = "tcp x", .last = last, .is_fatal = is_fatal, .is_failing = is_failing};
}

ProbeFinding finding(std::vector<ProbeState> states) { return check_probes(states); }

TEST(CheckProbes, IsFineWithoutProbes) { EXPECT_EQ(finding({}).kind, Kind::fine); }

TEST(CheckProbes, WaitsUntilAProbeHasFailedOftenEnough) {
  EXPECT_EQ(finding({state(ProbeClass::refused, false)}).kind, Kind::unproven);
  EXPECT_EQ(finding({state(ProbeClass::refused, true)}).kind, Kind::failing);
}
TEST(CheckProbes, OnlyComplainsOfWhatIsNotFatal) {
  EXPECT_EQ(finding({state(ProbeClass::refused, true, false)}).kind, Kind::complains);
}
TEST(CheckProbes, NeverFailsForBeingBusySlowOrUnknown) {
  EXPECT_EQ(finding({state(ProbeClass::busy, true)}).kind, Kind::complains);
  EXPECT_EQ(finding({state(ProbeClass::slow, false)}).kind, Kind::complains);
  EXPECT_EQ(finding({state(ProbeClass::unknown, false)}).kind, Kind::unproven);
}
TEST(CheckProbes, IsUnprovenUntilAFatalProbeHasSucceeded) {
  auto probe = state(ProbeClass::ok, false);
  EXPECT_EQ(finding({probe}).kind, Kind::unproven);
  probe.consecutive_successes = 1;
  EXPECT_EQ(finding({probe}).kind, Kind::fine);
  EXPECT_EQ(finding({state(ProbeClass::unknown, false, false)}).kind, Kind::fine) << "not fatal";
}
TEST(CheckProbes, PutsWhatIsSureBeforeWhatMayBeOverload) {
  const auto found = finding({state(ProbeClass::timeout, true), state(ProbeClass::refused, true)});
  EXPECT_EQ(found.result, ProbeClass::refused);
}

ProbeState count(ProbeState state, ProbeClass result, Counting counting = Counting::yes) {
  Probe probe;
  probe.failures = 2;
  probe.successes = 2;
  return count_verdict(probe, std::move(state), {.result = result}, counting, WallTime{});
}

TEST(CountVerdict, FailsAndRecoversAfterSoManyInARow) {
  auto probe = count({}, ProbeClass::refused);
  EXPECT_FALSE(probe.is_failing);
  probe = count(probe, ProbeClass::timeout);
  EXPECT_TRUE(probe.is_failing);
  probe = count(probe, ProbeClass::ok);
  EXPECT_TRUE(probe.is_failing);
  EXPECT_FALSE(count(probe, ProbeClass::ok).is_failing);
}
TEST(CountVerdict, CountsNothingWhileTheServiceStarts) {
  EXPECT_EQ(count({}, ProbeClass::refused, Counting::not_yet).consecutive_failures, 0U);
}
TEST(CountVerdict, LearnsNothingFromWhatCouldNotBeAsked) {
  const auto before = count({}, ProbeClass::refused);
  EXPECT_EQ(count(before, ProbeClass::unknown).consecutive_failures, before.consecutive_failures);
}

}  // namespace
}  // namespace systemcheck
