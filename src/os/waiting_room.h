#pragma once

#include <cstdint>
#include <functional>
#include <mutex>
#include <utility>
#include <vector>

namespace systemcheck {

/// Where those wait that another thread wakes when there is news: the third door between threads.
///
/// Whoever is about to wait says which news he knows. He looks and lies down under one lock, so that no wake
/// falls between the two. Any thread may call anything.
template <typename Sleeper>
class WaitingRoom {
 public:
  using Act = std::function<void(Sleeper)>;

  /// Both are called with the door shut, and must not come back here.
  WaitingRoom(Act lie_down, Act wake) : lie_down_(std::move(lie_down)), wake_(std::move(wake)) {}

  /// False: there is other news than `known`, or there will be none any more. Then he goes on.
  bool wait(Sleeper sleeper, std::uint64_t known) {
    const std::lock_guard lock(mutex_);
    if (is_closed_ || news_ != known) return false;
    lie_down_(sleeper);
    sleepers_.push_back(sleeper);
    return true;
  }

  void announce() {
    const std::lock_guard lock(mutex_);
    ++news_;
    wake_all();
  }

  /// Nobody waits any more.
  void close() {
    const std::lock_guard lock(mutex_);
    is_closed_ = true;
    wake_all();
  }

  [[nodiscard]] std::uint64_t news() const {
    const std::lock_guard lock(mutex_);
    return news_;
  }
  [[nodiscard]] bool is_closed() const {
    const std::lock_guard lock(mutex_);
    return is_closed_;
  }

 private:
  void wake_all() {
    for (const auto& sleeper : std::exchange(sleepers_, {}))
      wake_(sleeper);
  }

  const Act lie_down_;
  const Act wake_;
  mutable std::mutex mutex_{};
  std::vector<Sleeper> sleepers_{};
  std::uint64_t news_ = 0;
  bool is_closed_ = false;
};

}  // namespace systemcheck
