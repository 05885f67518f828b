#include "os/sd_event_loop.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <future>
#include <string>
#include <thread>
#include <vector>

#include "os/pidfd.h"
#include "support/own_process.h"

namespace systemcheck::test {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using testing::ElementsAre;

class SdEventLoopTest : public testing::Test {
 protected:
  SdEventLoop& loop() { return *loop_; }
  void run() { ASSERT_TRUE(loop_->run()); }

 private:
  std::unique_ptr<SdEventLoop> loop_ = *SdEventLoop::make();
};

TEST_F(SdEventLoopTest, NeverFiresBeforeItsTime) {
  const Instant due = loop().now() + microseconds{1500};
  Instant fired{};
  const Watch watch = loop().at(due, [&] {
    fired = loop().now();
    loop().stop();
  });
  run();
  EXPECT_GE(fired, due);
}

TEST_F(SdEventLoopTest, RunsTimersInTheOrderOfTheirTimeAndThePastAtOnce) {
  std::vector<std::string> seen;
  const Watch last = loop().at(loop().now() + milliseconds{4}, [&] {
    seen.push_back("last");
    loop().stop();
  });
  const Watch soon = loop().at(loop().now() + milliseconds{2}, [&] { seen.push_back("soon"); });
  const Watch past = loop().at(Instant{}, [&] { seen.push_back("past"); });
  run();
  EXPECT_THAT(seen, ElementsAre("past", "soon", "last"));
}

TEST_F(SdEventLoopTest, TakesATimeThatNeverComes) {
  int calls = 0;
  const Watch never = loop().at(Instant::max(), [&] { ++calls; });
  const Watch end = loop().at(loop().now(), [&] { loop().stop(); });
  run();
  EXPECT_EQ(calls, 0);
}

TEST_F(SdEventLoopTest, LetsAWatchBeDestroyedInItsOwnCallback) {
  Watch watch;
  std::string kept = "a string that is too long for the small string optimisation";
  std::string seen;
  watch = loop().at(loop().now(), [&, kept] {
    watch.cancel();
    seen = kept;  // What the callback holds must still be there.
    loop().stop();
  });
  run();
  EXPECT_EQ(seen, kept);
}

TEST_F(SdEventLoopTest, LetsAWatchBeDestroyedInTheCallbackOfAnother) {
  const Descriptor first(::eventfd(1, EFD_CLOEXEC));
  const Descriptor second(::eventfd(1, EFD_CLOEXEC));
  int calls = 0;
  std::array<Watch, 2> watches{};
  const auto cancel_both = [&] {
    ++calls;
    for (auto& watch : watches)
      watch.cancel();
  };
  watches[0] = *loop().when_ready(first.number(), Ready::readable, Priority::normal, cancel_both);
  watches[1] = *loop().when_ready(second.number(), Ready::readable, Priority::normal, cancel_both);
  const Watch end = loop().at(loop().now() + milliseconds{5}, [&] { loop().stop(); });
  run();
  EXPECT_EQ(calls, 1);
}

TEST_F(SdEventLoopTest, ServesTheUrgentFirst) {
  const Descriptor descriptor(::eventfd(1, EFD_CLOEXEC));
  std::vector<std::string> seen;
  std::vector<Watch> watches;
  const auto watch = [&](Priority priority, const std::string& name) {
    watches.push_back(*loop().when_ready(descriptor.number(), Ready::readable, priority, [&, name] {
      seen.push_back(name);
      if (name == "idle") return loop().stop();
      watches[name == "normal" ? 1 : 2].cancel();
    }));
  };
  watch(Priority::idle, "idle");
  watch(Priority::normal, "normal");
  watch(Priority::urgent, "urgent");
  run();
  EXPECT_THAT(seen, ElementsAre("urgent", "normal", "idle"));
}

TEST_F(SdEventLoopTest, RefusesToWaitForARegularFile) {
  const Descriptor file(::open("/proc/self/exe", O_RDONLY | O_CLOEXEC));
  EXPECT_FALSE(loop().when_ready(file.number(), Ready::readable, Priority::normal, [] {}));
}

TEST_F(SdEventLoopTest, TellsOfTheDeathOfAChild) {
  OwnProcess sleeper = OwnProcess::sleeping();
  int calls = 0;
  const auto watch = loop().when_gone(sleeper.identity(), [&] {
    ++calls;
    loop().stop();
  });
  ASSERT_TRUE(watch) << watch.error().message;
  sleeper.kill();
  run();
  EXPECT_EQ(calls, 1);
  const auto again = loop().when_gone(sleeper.identity(), [] {});
  ASSERT_FALSE(again) << "a zombie has ended";
  EXPECT_EQ(again.error().kind, Error::Kind::not_found);
}

TEST_F(SdEventLoopTest, TellsOfTheDeathOfAProcessThatIsNotItsChild) {
  const OwnProcess parent = OwnProcess::with_sleeping_child();
  bool is_gone = false;
  const auto watch = loop().when_gone(parent.child(), [&] {
    is_gone = true;
    loop().stop();
  });
  ASSERT_TRUE(watch) << watch.error().message;
  ::kill(parent.child().pid, SIGKILL);
  run();
  EXPECT_TRUE(is_gone);
}

TEST_F(SdEventLoopTest, TellsHowAProcessEnded) {
  OwnProcess sleeper = OwnProcess::sleeping();
  const auto watch = loop().when_gone(sleeper.identity(), [&] { loop().stop(); });
  ASSERT_TRUE(watch);
  EXPECT_EQ(watch->how_it_ended(), std::nullopt) << "it lives";
  sleeper.kill();
  run();
  EXPECT_EQ(watch->how_it_ended(), (ProcessEnd{.signal = SIGKILL})) << "as a zombie";
  sleeper.reap();
  const auto end = watch->how_it_ended();
  if (!end) GTEST_SKIP() << "this kernel forgets that when it is reaped";
  EXPECT_EQ(*end, (ProcessEnd{.signal = SIGKILL}));
}

TEST_F(SdEventLoopTest, TellsOfADeathOnce) {
  OwnProcess sleeper = OwnProcess::sleeping();
  int calls = 0;
  Watch end;
  const auto watch = loop().when_gone(sleeper.identity(), [&] {
    ++calls;  // It stays a zombie, and its pidfd readable, all the while.
    end = loop().at(loop().now() + milliseconds{5}, [&] { loop().stop(); });
  });
  ASSERT_TRUE(watch);
  sleeper.kill();
  run();
  EXPECT_EQ(calls, 1);
}

TEST_F(SdEventLoopTest, DoesNotTakeAStrangerWithTheSameNumberForTheProcess) {
  const OwnProcess sleeper = OwnProcess::sleeping();
  auto recycled = sleeper.identity();
  recycled.start_ticks += 1;
  const auto watch = loop().when_gone(recycled, [] {});
  ASSERT_FALSE(watch);
  EXPECT_EQ(watch.error().kind, Error::Kind::not_found);
}

TEST_F(SdEventLoopTest, RefusesWhatIsNoProcess) {
  for (const pid_t pid : {0, -1}) {
    const auto watch = loop().when_gone({.pid = pid, .start_ticks = 1}, [] {});
    ASSERT_FALSE(watch);
    EXPECT_EQ(watch.error().kind, Error::Kind::not_found);
  }
}

TEST_F(SdEventLoopTest, HandsSignalsToTheirCallback) {
  int calls = 0;
  const auto watch = loop().on_signal(SIGUSR2, [&] {
    ++calls;
    loop().stop();
  });
  ASSERT_TRUE(watch);
  ::kill(::getpid(), SIGUSR2);
  run();
  EXPECT_EQ(calls, 1);
  EXPECT_FALSE(loop().on_signal(SIGUSR2, [] {})) << "each signal once";
}

TEST_F(SdEventLoopTest, RunsJobsElsewhereAndTheirResultsHere) {
  std::thread::id job_thread;
  std::thread::id result_thread;
  const auto watch = loop().aside([&]() -> Callback {
    job_thread = std::this_thread::get_id();
    return [&] {
      result_thread = std::this_thread::get_id();
      loop().stop();
    };
  });
  ASSERT_TRUE(watch);
  run();
  EXPECT_NE(job_thread, std::this_thread::get_id());
  EXPECT_EQ(result_thread, std::this_thread::get_id());
}

TEST_F(SdEventLoopTest, DropsTheResultOfACancelledWatchButDoesTheJob) {
  bool is_done = false;
  bool came_back = false;
  auto cancelled = loop().aside([&]() -> Callback {
    is_done = true;
    return [&] { came_back = true; };
  });
  ASSERT_TRUE(cancelled);
  cancelled->cancel();
  const auto last = loop().aside([&]() -> Callback { return [&] { loop().stop(); }; });
  ASSERT_TRUE(last);
  run();
  EXPECT_TRUE(is_done);
  EXPECT_FALSE(came_back);
}

TEST_F(SdEventLoopTest, RefusesMoreJobsThanItsLimitAndTakesThemAgainLater) {
  std::promise<void> gate;
  auto opened = gate.get_future().share();
  std::vector<Watch> watches;
  std::size_t results = 0;
  for (std::size_t i = 0; i < SdEventLoop::aside_limit; ++i) {
    auto watch = loop().aside([&, opened]() -> Callback {
      opened.wait();
      return [&] {
        if (++results == SdEventLoop::aside_limit) loop().stop();
      };
    });
    ASSERT_TRUE(watch);
    watches.push_back(std::move(*watch));
  }
  const auto refused = loop().aside([]() -> Callback { return {}; });
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, Error::Kind::refused);
  gate.set_value();
  run();
  EXPECT_TRUE(loop().aside([]() -> Callback { return {}; }));
}

TEST_F(SdEventLoopTest, IgnoresAStopUntilItRuns) {
  loop().stop();
  run();  // Returns at once: the wish to end is older than the run.
  const Watch end = loop().at(loop().now(), [&] { loop().stop(); });
  run();
}

TEST(ParseStartTicks, FindsTheFieldBehindANameThatLooksLikeFields) {
  const auto ticks = parse_start_ticks(
      "42 (evil) S 1 2) R 1 42 42 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 987654 1000 200 "
      "18446744073709551615");
  ASSERT_TRUE(ticks);
  EXPECT_EQ(*ticks, 987654U);
}

TEST(ParseZombiesEnd, IsTheLastFieldOfAZombie) {
  const std::string behind_start =
      " 0 0 18446744073709551615 0 0 0 0 0 0 0 0 0 0 0 0 17 1 0 0 0 0 0 0 0 0 0 0 0 0 ";
  const std::string name = "42 (evil) Z 1 2) ";
  const std::string fields = " 1 42 42 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 987654";
  EXPECT_EQ(parse_zombies_end(name + "Z" + fields + behind_start + "768\n"), (ProcessEnd{.exit_code = 3}));
  EXPECT_EQ(parse_zombies_end(name + "S" + fields + behind_start + "768\n"), std::nullopt);
  EXPECT_EQ(parse_zombies_end(name + "Z" + fields), std::nullopt);
  EXPECT_EQ(parse_zombies_end(""), std::nullopt);
}

TEST(ParseStartTicks, RefusesATornLine) {
  for (const auto* torn :
       {"", "42 (name", "42 (name) S 1 2 3", "42 (n) R 1 42 42 0 -1 4 1 2 3 4 5 6 7 8 20 0 1 0 98x"}) {
    EXPECT_FALSE(parse_start_ticks(torn)) << torn;
  }
}

}  // namespace
}  // namespace systemcheck::test
