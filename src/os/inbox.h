#pragma once

#include <sys/eventfd.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <utility>

#include "os/descriptor.h"

namespace systemcheck {

/// A bounded queue into a thread that polls: another of them. Any thread puts; the
/// owner waits for descriptor() to become readable and takes all.
template <typename T>
class Inbox {
 public:
  explicit Inbox(std::size_t limit) : limit_(limit), event_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

  /// False when it is full: the sender must say so, not wait.
  [[nodiscard]] bool put(T item) {
    {
      const std::lock_guard lock(mutex_);
      if (items_.size() >= limit_) return false;
      items_.push_back(std::move(item));
    }
    const std::uint64_t one = 1;
    (void)!::write(event_.number(), &one, sizeof one);  // Fails only at 2^64-1: readable anyway.
    return true;
  }

  [[nodiscard]] std::deque<T> take_all() {
    std::uint64_t count = 0;
    (void)!::read(event_.number(), &count, sizeof count);  // EAGAIN: nothing new, which is fine.
    const std::lock_guard lock(mutex_);
    return std::exchange(items_, {});
  }

  /// How many more it takes. Where one thread alone puts, that many are sure of their place.
  [[nodiscard]] std::size_t room() {
    const std::lock_guard lock(mutex_);
    return limit_ - items_.size();
  }

  [[nodiscard]] int descriptor() const { return event_.number(); }

 private:
  const std::size_t limit_;
  Descriptor event_;
  std::mutex mutex_{};
  std::deque<T> items_{};
};

}  // namespace systemcheck
