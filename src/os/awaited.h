#pragma once

#include <algorithm>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

namespace systemcheck {

/// Those who wait for an answer that another thread gives: each for one, and only so many at a time.
template <typename Answer>
class Awaited {
 public:
  /// Given to whoever is to answer; he may keep it for longer than anybody waits.
  class Call {
   public:
    explicit Call(std::function<void()> wake) : wake_(std::move(wake)) {}

    /// By any thread. Only the first answer counts.
    void put(Answer answer) {
      const std::lock_guard lock(mutex_);
      if (is_over_) return;
      answer_ = std::move(answer);
      end();
    }
    /// Nobody will be answered any more.
    void give_up() {
      const std::lock_guard lock(mutex_);
      if (!is_over_) end();
    }
    /// Without a value: there is none yet, or there will be none.
    [[nodiscard]] std::optional<Answer> answer() const {
      const std::lock_guard lock(mutex_);
      return answer_;
    }

   private:
    // Within the lock: whoever gives up knows that nobody is woken afterwards.
    void end() {
      is_over_ = true;
      wake_();
    }

    mutable std::mutex mutex_{};
    const std::function<void()> wake_;
    std::optional<Answer> answer_{};
    bool is_over_ = false;
  };

  explicit Awaited(std::size_t limit) : limit_(limit) {}

  /// `wake` is called once, by whoever answers. Null where too many wait, or nobody shall any more.
  std::shared_ptr<Call> wait(std::function<void()> wake) {
    const std::lock_guard lock(mutex_);
    std::erase_if(calls_, [](const auto& call) { return call.expired(); });
    if (is_closed_ || calls_.size() >= limit_) return nullptr;
    auto call = std::make_shared<Call>(std::move(wake));
    calls_.push_back(call);
    return call;
  }

  /// Wakes all, without an answer; from then on nobody waits.
  void close() {
    const std::lock_guard lock(mutex_);
    is_closed_ = true;
    for (const auto& waiting : calls_) {
      if (const auto call = waiting.lock()) call->give_up();
    }
  }

 private:
  const std::size_t limit_;
  std::mutex mutex_{};
  bool is_closed_ = false;
  std::vector<std::weak_ptr<Call>> calls_{};
};

}  // namespace systemcheck
