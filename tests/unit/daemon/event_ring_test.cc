#include "daemon/event_ring.h"

#include <gtest/gtest.h>

#include "support/fake_ledger.h"
#include "support/plant.h"

namespace systemcheck::test {
namespace {

using namespace std::chrono_literals;

/// "3 action billing start up systemcheck"
std::string in_words(const EventRow& row) {
  return std::to_string(row.number) + " " + std::string(word(row.kind)) + " " + row.subject + " " + row.what +
         " " + std::string(word(row.result)) + " " + std::string(word(row.owner));
}

std::vector<std::string> in_words(EventRing& ring) {
  std::vector<std::string> all;
  for (const auto& row : *ring.rows())
    all.push_back(in_words(*row));
  return all;
}

/// A plant whose ledger is witnessed, as the daemon does it.
struct Witnessed : Plant {
  Witnessed() { world.ledger = std::make_shared<WitnessedLedger>(ledger, ring); }
  ~Witnessed() { world.ledger = ledger; }  // The plant ends after its ring.
  EventRing ring{};
  std::shared_ptr<FakeLedger> ledger = std::make_shared<FakeLedger>(loop);
};

TEST(EventRing, TellsOfARestartFromItsBeginningToItsEnd) {
  Witnessed plant;
  const auto billing = plant.add_command_service("billing", Mode::act);
  plant.start();
  plant.kill(billing);
  plant.run_for(2s);
  EXPECT_EQ(in_words(plant.ring),
            (std::vector<std::string>{
                "1 state billing up none systemcheck", "2 state billing suspect none systemcheck",
                "3 state billing restarting none systemcheck", "4 action billing start running systemcheck",
                "5 action billing start up systemcheck", "6 state billing up none systemcheck"}));
  EXPECT_EQ((*plant.ring.rows())[3]->text, "no process of it is running");
  EXPECT_EQ((*plant.ring.rows())[3]->actor, "systemcheck");
}

TEST(EventRing, LosesNothingOfWhatIsWrittenDown) {
  Witnessed plant;
  const auto billing = plant.add_command_service("billing", Mode::act);
  plant.start();
  plant.kill(billing);
  plant.run_for(2s);
  std::vector<std::string> written;
  for (const auto& event : plant.ledger->all<Event>())
    written.push_back(event.service + " " + event.to + " " + event.reason);
  std::vector<std::string> told;
  for (const auto& row : *plant.ring.rows()) {
    if (row->kind != EventKind::action) told.push_back(row->subject + " " + row->what + " " + row->text);
  }
  EXPECT_EQ(told, written);
  EXPECT_EQ(plant.ledger->all<Intention>().size(), 1U);
  EXPECT_EQ(plant.ledger->all<ActionVerdict>().size(), 1U);
  EXPECT_FALSE(plant.ledger->remembered.empty()) << "what it does not tell of is written down, too";
}

TEST(EventRing, SaysHowAnOrderFailedButNotWhatItsCommandHasSaid) {
  EventRing ring;
  const Intention intention{.service = "web", .verb = "restart", .asked_by = "root", .mode = "act"};
  ring.note(intention);
  ring.await_end(7, intention);
  ring.note(ActionEnd{
      .number = 7, .kind = "failed", .exit_status = 3, .detail = "secret", .output = "secret", .took = 2s});
  const auto& row = *ring.rows()->back();
  EXPECT_EQ(row.result, ActionResult::failed);
  EXPECT_EQ(row.text, "the order failed after 2.0 s, exit status 3");
  EXPECT_EQ(row.actor, "root");
}

TEST(EventRing, WaitsForNoEndOfWhatIsOnlyObserved) {
  EventRing ring;
  const Intention intention{.service = "web", .verb = "restart", .mode = "observe"};
  ring.note(intention);
  ring.await_end(7, intention);
  ring.note(ActionVerdict{.number = 7, .is_verified = true});
  EXPECT_EQ(in_words(ring), std::vector<std::string>{"1 action web restart observed systemcheck"});
}

TEST(EventRing, CallsTheEndOfAStopWhatItIs) {
  for (const bool is_gone : {true, false}) {
    EventRing ring;
    const Intention intention{.service = "web", .verb = "stop", .owner = "shed", .mode = "act"};
    ring.await_end(1, intention);
    ring.note(ActionEnd{.number = 1, .kind = "succeeded"});
    ring.note(ActionVerdict{.number = 1, .is_verified = is_gone});
    EXPECT_EQ(in_words(ring), std::vector<std::string>{std::string("1 action web stop ") +
                                                       (is_gone ? "gone" : "not gone") + " shed"});
  }
}

TEST(EventRing, KeepsTheLastOnesAndGoesOnCounting) {
  EventRing ring;
  for (std::size_t i = 0; i < recent_events_max + 10; ++i)
    ring.note(Event{.service = "web", .to = "up"});
  const auto rows = ring.rows();
  ASSERT_EQ(rows->size(), recent_events_max);
  EXPECT_EQ(rows->front()->number, 11U);
  EXPECT_EQ(rows->back()->number, recent_events_max + 10);
}

TEST(EventRing, IsTheSameRingForEveryViewUntilSomethingHappens) {
  EventRing ring;
  ring.note(Event{.service = "web", .to = "up"});
  const auto first = ring.rows();
  EXPECT_EQ(ring.rows(), first);
  ring.note(Event{.service = "web", .to = "down"});
  EXPECT_NE(ring.rows(), first);
  EXPECT_EQ(first->size(), 1U) << "who holds it sees what was";
  EXPECT_EQ(ring.rows()->front(), first->front()) << "and no row is copied";
}

TEST(EventRing, ForgetsTheOldestOfTooManyOpenActions) {
  EventRing ring;
  const Intention intention{.service = "web", .verb = "restart", .mode = "act"};
  for (ActionNumber number = 1; number <= EventRing::open_actions_max + 1; ++number)
    ring.await_end(number, intention);
  ring.note(ActionVerdict{.number = 1, .is_verified = true});
  EXPECT_TRUE(ring.rows()->empty());
  ring.note(ActionVerdict{.number = 2, .is_verified = true});
  EXPECT_EQ(ring.rows()->size(), 1U);
}

TEST(EventRing, ShowsNoControlCharactersAndNoLineBreaks) {
  EventRing ring;
  ring.note(Event{.service = "web", .to = "down", .reason = "two\nlines\x1b[2J"});
  EXPECT_EQ(ring.rows()->back()->text, "two\\x0alines\\x1b[2J");
}

}  // namespace
}  // namespace systemcheck::test
