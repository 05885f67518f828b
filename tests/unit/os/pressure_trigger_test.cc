#include "os/pressure_trigger.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <thread>
#include <vector>

#include "support/real_loop.h"
#include "support/temporary_directory.h"

namespace systemcheck::test {
namespace {

/// Keeps all processors busy while it lives, with somebody waiting for each.
class Crowd {
 public:
  Crowd() {
    for (unsigned i = 0; i < 4 * std::max(1U, std::thread::hardware_concurrency()); ++i) {
      threads_.emplace_back([this] {
        while (!is_over_) {
        }
      });
    }
  }
  Crowd(const Crowd&) = delete;
  Crowd& operator=(const Crowd&) = delete;
  ~Crowd() { is_over_ = true; }

 private:
  std::atomic<bool> is_over_ = false;
  std::vector<std::jthread> threads_{};
};

class PressureTriggerTest : public RealLoopTest {};

TEST_F(PressureTriggerTest, WakesTheLoopWhenTasksWait) {
  const auto trigger = PressureTrigger::make(loop(), "/proc/pressure/cpu", [this] { stop(); });
  if (!trigger) GTEST_SKIP() << trigger.error().message;
  EXPECT_TRUE((*trigger)->condition().starts_with("some "));
  const Crowd crowd;
  run();  // Fails if nothing comes.
}

TEST_F(PressureTriggerTest, SaysWhereThereIsNoPressureToBeTold) {
  const auto trigger = PressureTrigger::make(loop(), "/proc/pressure/nothing", [] {});
  EXPECT_EQ(trigger.error().kind, Error::Kind::not_found);
}

TEST_F(PressureTriggerTest, RefusesAFileThatIsNoPressureFile) {
  const TemporaryDirectory directory;
  const auto path = directory.write_file("memory", "some avg10=0.00\n");
  EXPECT_FALSE(PressureTrigger::make(loop(), path, [] {}));
}

}  // namespace
}  // namespace systemcheck::test
