#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <string>
#include <vector>

#include "support/fake_actuator.h"
#include "support/fake_loop.h"
#include "support/fake_units.h"

// The fakes carry the daemon's tests: what they promise is kept here.

namespace systemcheck::test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::ElementsAre;

constexpr ProcessIdentity somebody{.pid = 700, .start_ticks = 9};

TEST(FakeLoop, RunsTimersInTheOrderOfTheirTime) {
  FakeLoop loop;
  std::vector<std::string> seen;
  const Watch late = loop.at(loop.now() + seconds{2}, [&] { seen.push_back("late"); });
  const Watch early = loop.at(loop.now() + seconds{1}, [&] { seen.push_back("early"); });
  const Watch second = loop.at(loop.now() + seconds{1}, [&] { seen.push_back("second"); });
  loop.run_for(seconds{2});
  EXPECT_THAT(seen, ElementsAre("early", "second", "late"));
  EXPECT_EQ(loop.now(), FakeLoop::first_instant + seconds{2});
}

TEST(FakeLoop, LetsAWatchBeDestroyedInItsOwnCallback) {
  FakeLoop loop;
  int calls = 0;
  Watch watch;
  watch = loop.at(loop.now(), [&] {
    watch.cancel();
    ++calls;
  });
  loop.settle();
  EXPECT_EQ(calls, 1);
}

TEST(FakeLoop, DoesNotCallACancelledWatch) {
  FakeLoop loop;
  int calls = 0;
  Watch watch = loop.at(loop.now(), [&] { ++calls; });
  watch.cancel();
  loop.settle();
  EXPECT_EQ(calls, 0);
}

TEST(FakeLoop, TellsOfAProcessThatEndedAndKnowsItAsGoneAfterwards) {
  FakeLoop loop;
  int calls = 0;
  const auto watch = loop.when_gone(somebody, [&] { ++calls; });
  ASSERT_TRUE(watch);
  loop.end_process(somebody);
  EXPECT_EQ(calls, 0) << "never inside the call";
  loop.settle();
  EXPECT_EQ(calls, 1);
  const auto again = loop.when_gone(somebody, [] {});
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().kind, Error::Kind::not_found);
}

TEST(FakeLoop, HoldsJobsBackUntilTheyAreReleased) {
  FakeLoop loop;
  loop.hold_aside();
  bool is_done = false;
  const auto watch = loop.aside([&]() -> Callback { return [&] { is_done = true; }; });
  ASSERT_TRUE(watch);
  loop.settle();
  EXPECT_FALSE(is_done);
  loop.release_aside();
  loop.settle();
  EXPECT_TRUE(is_done);
}

TEST(FakeLoop, RefusesASecondWatchOfASignal) {
  FakeLoop loop;
  int calls = 0;
  const auto first = loop.on_signal(SIGHUP, [&] { ++calls; });
  ASSERT_TRUE(first);
  EXPECT_FALSE(loop.on_signal(SIGHUP, [] {}));
  loop.raise_signal(SIGHUP);
  loop.settle();
  EXPECT_EQ(calls, 1);
}

TEST(FakeUnits, BringsAUnitUpAfterAWhileWithANewProcess) {
  FakeLoop loop;
  FakeUnits units(loop);
  units.install("apache2.service");
  const auto before = units.process("apache2.service");
  const auto watch = loop.when_gone(before, [] {});
  units.crash("apache2.service");
  EXPECT_EQ(units.status("apache2.service").active_state, "failed");
  bool is_done = false;
  units.run_job("apache2.service", "start", [&](const Status& status) { is_done = status.has_value(); });
  loop.run_for(milliseconds{199});
  EXPECT_FALSE(is_done);
  loop.run_for(milliseconds{1});
  EXPECT_TRUE(is_done);
  EXPECT_EQ(units.status("apache2.service").active_state, "active");
  EXPECT_NE(units.process("apache2.service"), before);
}

TEST(FakeUnits, MarksOnlyAPersonsStop) {
  FakeLoop loop;
  FakeUnits units(loop);
  units.install("apache2.service");
  units.run_job("apache2.service", "stop", [](const Status&) {});
  loop.run_for(seconds{1});
  EXPECT_FALSE(units.status("apache2.service").stop_job_seen);
  units.start_by_admin("apache2.service");
  units.stop_by_admin("apache2.service");
  EXPECT_TRUE(units.status("apache2.service").stop_job_seen);
}

TEST(FakeUnits, ReportsAnErrorWhileTheBusIsLostAndAllAnewAfterwards) {
  FakeLoop loop;
  FakeUnits units(loop);
  units.install("ssh.service");
  std::vector<bool> reports;
  const std::vector<std::string> names{"ssh.service"};
  const Watch watch =
      units.watch(names, [&](const Result<UnitStatus>& it) { reports.push_back(it.has_value()); });
  loop.settle();
  units.lose_bus();
  loop.settle();
  units.find_bus();
  loop.settle();
  EXPECT_THAT(reports, ElementsAre(true, false, true));
}

TEST(FakeActuator, BringsTheServiceUpAWhileAfterTheCommand) {
  FakeLoop loop;
  FakeActuator actuator(loop);
  actuator.service(0).is_up = false;
  bool answered = false;
  actuator.begin({.ticket = 1, .service = 0, .verb = Verb::start, .leftovers = {}, .deadline = seconds{30}},
                 [&](const Outcome& it) { answered = it.kind == Outcome::Kind::succeeded; });
  loop.run_for(milliseconds{50});
  EXPECT_TRUE(answered);
  EXPECT_FALSE(actuator.service(0).is_up);
  loop.run_for(milliseconds{200});
  EXPECT_TRUE(actuator.service(0).is_up);
}

TEST(FakeActuator, AnswersACancelledOrderOnce) {
  FakeLoop loop;
  FakeActuator actuator(loop);
  actuator.service(0).hangs = true;
  std::vector<Outcome::Kind> outcomes;
  actuator.begin({.ticket = 7, .service = 0, .verb = Verb::start, .leftovers = {}, .deadline = seconds{30}},
                 [&](const Outcome& it) { outcomes.push_back(it.kind); });
  actuator.cancel(7);
  actuator.cancel(7);
  loop.run_for(seconds{60});
  EXPECT_THAT(outcomes, ElementsAre(Outcome::Kind::lost));
}

TEST(FakeActuator, TimesOutAtTheDeadlineWhenItHangs) {
  FakeLoop loop;
  FakeActuator actuator(loop);
  actuator.service(0).hangs = true;
  std::vector<Outcome::Kind> outcomes;
  actuator.begin({.ticket = 7, .service = 0, .verb = Verb::start, .leftovers = {}, .deadline = seconds{30}},
                 [&](const Outcome& it) { outcomes.push_back(it.kind); });
  loop.run_for(seconds{29});
  EXPECT_TRUE(outcomes.empty());
  loop.run_for(seconds{1});
  EXPECT_THAT(outcomes, ElementsAre(Outcome::Kind::timed_out));
}

}  // namespace
}  // namespace systemcheck::test
