#include "daemon/situation_filter.h"

#include <gtest/gtest.h>

#include "support/fake_ledger.h"
#include "support/plant.h"

namespace systemcheck::test {
namespace {

using namespace std::chrono_literals;

constexpr Instant noon{1000h};

class Filter : public testing::Test {
 protected:
  std::optional<PastSituation> note(Instant now) {
    return filter.note(
        {.situation = situation, .choice = choice, .memo_before = memo, .state_before = choice.state}, now);
  }
  std::optional<PastSituation> note_change(Instant now) {
    situation.is_machine_busy = !situation.is_machine_busy;
    return note(now);
  }

  SituationFilter filter{};
  RestartSituation situation{};
  RestartChoice choice{};
  RestartMemo memo{};
};

TEST_F(Filter, KeepsTheFirstAndThenOnlyWhatHasChanged) {
  EXPECT_TRUE(note(noon));
  situation.sight_at = noon;
  EXPECT_FALSE(note(noon + 1min));
  EXPECT_TRUE(note_change(noon + 2min));
  EXPECT_FALSE(note(noon + 3min));
}

TEST_F(Filter, KeepsADecisionThatChangesSomethingAlsoWhereTheSituationIsTheSame) {
  (void)note(noon);
  choice.newly_suppressed = Suppressed::backoff;
  EXPECT_TRUE(note(noon + 1s));
  choice = {};
  choice.memo.gone_sightings = 1;
  EXPECT_TRUE(note(noon + 2s));
}

TEST_F(Filter, OfAServiceThatFlickersItKeepsOneAMinuteAndSaysHowManyAreMissing) {
  std::size_t kept = 0;
  for (int second = 0; second < 3600; ++second)
    kept += note_change(noon + second * 1s).has_value() ? 1U : 0U;
  EXPECT_LE(kept, SituationFilter::burst + 60U);
  EXPECT_GE(kept, SituationFilter::burst + 58U);
  situation.is_machine_busy = false;
  const auto next = note(noon + 3661s);
  ASSERT_TRUE(next) << "how it has ended is told although nothing changes any more";
  EXPECT_GE(next->left_out, 29U) << "those that differ from the last one that was kept";
  EXPECT_FALSE(note(noon + 3800s));
}

TEST_F(Filter, AnOrderIsAlwaysKept) {
  for (int i = 0; i < 1000; ++i)
    (void)note_change(noon);
  choice.step = RestartStep::restart;
  choice.memo.attempts = 2;
  const auto order = note(noon);
  ASSERT_TRUE(order);
  EXPECT_EQ(order->decision.attempts, 3U);
}

TEST(SituationsOfAPlant, AreFewWhileNothingHappensAndTellOfEachOrderAndItsOutcome) {
  Plant plant;
  const auto ledger = std::make_shared<FakeLedger>(plant.loop);
  plant.world.ledger = ledger;
  const auto billing = plant.add_command_service("billing", Mode::act);
  plant.start();
  plant.run_for(24h);
  EXPECT_EQ(ledger->all<Situation>().size(), 2U) << "that it began, and that billing is up";
  plant.kill(billing);
  plant.run_for(1min);
  std::size_t orders = 0;
  std::size_t outcomes = 0;
  for (const auto& record : ledger->all<Situation>()) {
    const auto moment = parse_past(record.text);
    ASSERT_TRUE(moment) << moment.error().message << ": " << record.text;
    const auto* situation = std::get_if<PastSituation>(&*moment);
    const bool is_order = situation != nullptr && situation->decision.step == RestartStep::restart;
    orders += is_order ? 1U : 0U;
    outcomes += std::holds_alternative<PastOutcome>(*moment) ? 1U : 0U;
  }
  EXPECT_EQ(orders, 1U);
  EXPECT_EQ(outcomes, 1U);
}

}  // namespace
}  // namespace systemcheck::test
