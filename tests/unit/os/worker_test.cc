#include "os/worker.h"

#include <gtest/gtest.h>
#include <pthread.h>

#include <chrono>
#include <csignal>
#include <future>
#include <memory>

namespace systemcheck::test {
namespace {

using std::chrono::milliseconds;

TEST(Worker, DoesOneJobAfterTheOther) {
  std::promise<int> result;
  int steps = 0;  // Touched by the worker's thread only.
  Worker worker(4);
  ASSERT_TRUE(worker.put([&] { ++steps; }));
  ASSERT_TRUE(worker.put([&] { result.set_value(steps); }));
  EXPECT_EQ(result.get_future().get(), 1);
}

TEST(Worker, RefusesMoreThanItsLimit) {
  std::promise<void> begun;
  std::promise<void> gate;
  Worker worker(2);
  ASSERT_TRUE(worker.put([&] {
    begun.set_value();
    gate.get_future().wait();
  }));
  begun.get_future().wait();
  EXPECT_TRUE(worker.put([] {}));
  EXPECT_TRUE(worker.put([] {}));
  EXPECT_FALSE(worker.put([] {}));
  gate.set_value();
}

TEST(Worker, TakesNoSignals) {
  std::promise<bool> is_blocked;
  Worker worker(1);
  ASSERT_TRUE(worker.put([&] {
    sigset_t mask{};
    pthread_sigmask(SIG_BLOCK, nullptr, &mask);
    is_blocked.set_value(sigismember(&mask, SIGTERM) == 1 && sigismember(&mask, SIGCHLD) == 1);
  }));
  EXPECT_TRUE(is_blocked.get_future().get());
}

TEST(Worker, EndsAlthoughAJobHangs) {
  auto gate = std::make_shared<std::promise<void>>();
  auto left = std::make_shared<std::promise<void>>();
  auto has_left = left->get_future();
  std::promise<void> begun;
  {
    Worker worker(1, milliseconds{1});
    ASSERT_TRUE(worker.put([gate, left, opened = gate->get_future().share(), &begun] {
      begun.set_value();
      opened.wait();
      left->set_value();
    }));
    begun.get_future().wait();
  }  // That it comes here is the point.
  gate->set_value();
  has_left.wait();
}

TEST(Worker, DropsWhatHasNotBegun) {
  auto gate = std::make_shared<std::promise<void>>();
  auto token = std::make_shared<int>(0);
  {
    std::promise<void> begun;
    Worker worker(2, milliseconds{1});
    ASSERT_TRUE(worker.put([&begun, gate, opened = gate->get_future().share()] {
      begun.set_value();
      opened.wait();
    }));
    begun.get_future().wait();
    ASSERT_TRUE(worker.put([token] { ++*token; }));
  }
  EXPECT_EQ(token.use_count(), 1) << "nobody holds the second job any more";
  gate->set_value();
}

}  // namespace
}  // namespace systemcheck::test
