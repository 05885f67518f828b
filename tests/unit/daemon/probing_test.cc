#include "daemon/probing.h"

#include <gtest/gtest.h>

#include "support/fake_loop.h"
#include "support/fake_prober.h"

namespace systemcheck {
namespace {

using std::chrono::seconds;

class ProbingTest : public testing::Test {
 protected:
  static Service mail() {
    Service service;
    service.name = "mail";
    Probe probe;
    probe.kind = ProbeKind::smtp;
    probe.target = "127.0.0.1:25";
    probe.every = seconds{10};
    service.probes = {probe};
    return service;
  }
  static ProcessIdentity process(pid_t pid) {
    ProcessIdentity identity{};
    identity.pid = pid;
    return identity;
  }
  [[nodiscard]] ProbeState state() const { return probing.states().front(); }

  test::FakeLoop loop;
  test::FakeProber prober{loop};
  int changes = 0;
  Probing probing{loop, prober, mail(), seconds{60}, [this] { ++changes; }};
};

TEST_F(ProbingTest, AsksNothingWithoutAProcess) {
  loop.run_for(seconds{120});
  EXPECT_EQ(prober.asked(), 0U);
}
TEST_F(ProbingTest, AsksAgainAndAgain) {
  probing.note_process(process(7));
  loop.run_for(seconds{35});
  EXPECT_EQ(prober.asked(), 4U);
  EXPECT_EQ(changes, 4);
}
TEST_F(ProbingTest, StopsWhenTheProcessIsGone) {
  probing.note_process(process(7));
  probing.note_process(std::nullopt);
  loop.run_for(seconds{60});
  EXPECT_EQ(prober.asked(), 0U);
}
TEST_F(ProbingTest, CountsAFailureAtOnceAfterTheFirstSuccess) {
  probing.note_process(process(7));
  loop.run_for(seconds{1});
  prober.answer("smtp 127.0.0.1:25", ProbeClass::refused);
  loop.run_for(seconds{35});
  EXPECT_TRUE(state().is_failing);
}
TEST_F(ProbingTest, GivesAServiceThatStartsItsTime) {
  prober.answer("smtp 127.0.0.1:25", ProbeClass::refused);
  probing.note_process(process(7));
  loop.run_for(seconds{29});
  EXPECT_EQ(state().consecutive_failures, 0U);
  loop.run_for(seconds{60});
  EXPECT_TRUE(state().is_failing);
}
TEST_F(ProbingTest, ForgetsAfterARestart) {
  prober.answer("smtp 127.0.0.1:25", ProbeClass::refused);
  probing.note_process(process(7));
  loop.run_for(seconds{90});
  probing.note_process(process(8));
  EXPECT_FALSE(state().is_failing);
}

}  // namespace
}  // namespace systemcheck
