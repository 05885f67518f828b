#pragma once

#include <memory>
#include <mutex>
#include <utility>

namespace systemcheck {

/// Where the newest T hangs for other threads to read: one of the three doors between threads.
///
/// A mutex rather than std::atomic<std::shared_ptr>: libstdc++ 12's version of the latter makes
/// ThreadSanitizer report a race, and ten posts a second are cheap. Any thread may call anything.
template <typename T>
class Board {
 public:
  void post(std::shared_ptr<const T> value) {
    const std::lock_guard lock(mutex_);
    newest_.swap(value);  // The old one dies outside the lock.
  }

  /// Never null.
  [[nodiscard]] std::shared_ptr<const T> newest() const {
    const std::lock_guard lock(mutex_);
    return newest_;
  }

 private:
  mutable std::mutex mutex_{};
  std::shared_ptr<const T> newest_ = std::make_shared<const T>();
};

}  // namespace systemcheck
