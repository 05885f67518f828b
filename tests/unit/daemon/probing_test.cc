#include "daemon/probing.h"

#include <gtest/gtest.h>

#include "support/fake_loop.h"
#include "support/fake_prober.h"
#include "support/plant.h"

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

TEST_F(ProbingTest, ReadingTheConfigurationAnewForgetsNothingOfAProbeThatIsTheSame) {
  probing.note_process(process(7));
  loop.run_for(seconds{1});
  prober.answer("smtp 127.0.0.1:25", ProbeClass::refused);
  loop.run_for(seconds{20});
  ASSERT_EQ(state().consecutive_failures, 2U);
  Probing next{loop, prober, mail(), seconds{60}, [] {}};
  next.continue_from(probing);
  EXPECT_EQ(next.states().front().consecutive_failures, 2U);
  EXPECT_EQ(next.rows().front().durations, probing.rows().front().durations);
  next.note_process(process(7));
  loop.run_for(seconds{10});
  EXPECT_TRUE(next.states().front().is_failing) << "the third in a row";
}
TEST_F(ProbingTest, ReadingTheConfigurationAnewAgainAndAgainKeepsNoProbeFromItsTurn) {
  auto service = mail();
  service.probes.push_back(service.probes.front());
  service.probes.back().target = "127.0.0.1:26";
  auto asked = std::make_unique<Probing>(loop, prober, service, seconds{60}, [] {});
  asked->note_process(process(7));
  for (int i = 0; i < 30; ++i) {
    loop.run_for(seconds{1});
    auto next = std::make_unique<Probing>(loop, prober, service, seconds{60}, [] {});
    next->continue_from(*asked);
    asked = std::move(next);
  }
  EXPECT_GE(asked->rows().at(0).durations, 3U);
  EXPECT_GE(asked->rows().at(1).durations, 2U);
}
TEST_F(ProbingTest, AProbeThatWasChangedBeginsAnew) {
  probing.note_process(process(7));
  loop.run_for(seconds{1});
  prober.answer("smtp 127.0.0.1:25", ProbeClass::refused);
  loop.run_for(seconds{40});
  auto changed = mail();
  changed.probes.front().failures = 5;
  Probing next{loop, prober, changed, seconds{60}, [] {}};
  next.continue_from(probing);
  EXPECT_EQ(next.states().front().consecutive_failures, 0U);
  loop.run_for(seconds{1});
  EXPECT_EQ(next.states().front().consecutive_failures, 1U)
      << "it is asked at once, and its service runs long since";
}
TEST_F(ProbingTest, ANewProcessBeginsAnewAlsoAcrossAReload) {
  probing.note_process(process(7));
  loop.run_for(seconds{1});
  prober.answer("smtp 127.0.0.1:25", ProbeClass::refused);
  loop.run_for(seconds{60});
  ASSERT_TRUE(state().is_failing);
  Probing next{loop, prober, mail(), seconds{60}, [] {}};
  next.continue_from(probing);
  next.note_process(process(8));
  EXPECT_FALSE(next.states().front().is_failing);
}

TEST(ProbingReload, AReloadCarriesTheCountersOfEachServiceToItsNewPlace) {
  test::Plant plant;
  test::FakeProber prober(plant.loop);
  plant.world.prober = &prober;
  const auto web = plant.add_command_service("web", Mode::act);
  const auto mail = plant.add_command_service("mail", Mode::act);
  Probe probe;
  probe.target = "127.0.0.1:25";
  probe.every = seconds{10};
  plant.config.services[mail].probes = {probe};
  plant.start();
  plant.run_for(seconds{60});
  prober.answer(probe_name(probe), ProbeClass::refused);
  plant.run_for(seconds{15});
  const auto before = plant.row(mail).probes.at(0);
  ASSERT_GT(before.state.consecutive_failures, 0U);

  auto changed = plant.config;
  std::swap(changed.services[web], changed.services[mail]);
  plant.supervision.take_over(std::make_shared<const Config>(changed));
  const auto after = plant.row(web).probes.at(0);
  EXPECT_EQ(after.state.consecutive_failures, before.state.consecutive_failures);
  EXPECT_EQ(after.results_total, before.results_total);
}

}  // namespace
}  // namespace systemcheck
