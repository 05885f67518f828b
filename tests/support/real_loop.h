#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <memory>

#include "os/sd_event_loop.h"

namespace systemcheck::test {

/// Tests on the real loop, with real processes or sockets. Nothing is awaited by sleeping; a test that
/// would wait for ever fails instead.
class RealLoopTest : public testing::Test {
 protected:
  static constexpr Duration patience = std::chrono::seconds{60};

  SdEventLoop& loop() { return *loop_; }
  void stop() { loop_->stop(); }
  /// Until stop().
  void run() {
    bool has_waited_too_long = false;
    const Watch guard = loop_->at(loop_->now() + patience, [&] {
      has_waited_too_long = true;
      loop_->stop();
    });
    const auto ran = loop_->run();
    ASSERT_TRUE(ran) << ran.error().message;
    ASSERT_FALSE(has_waited_too_long);
  }
  /// Looks again after each turn of the loop.
  void run_until(const std::function<bool()>& is_true) {
    std::function<void()> look;
    Watch next;
    look = [&] {
      if (is_true()) return loop_->stop();
      next = loop_->at(loop_->now() + std::chrono::milliseconds{1}, look);
    };
    look();
    run();
  }
  void run_for(Duration duration) {
    const Watch end = loop_->at(loop_->now() + duration, [this] { loop_->stop(); });
    run();
  }

 private:
  std::unique_ptr<SdEventLoop> loop_ = *SdEventLoop::make();
};

}  // namespace systemcheck::test
