#pragma once

#include <cstddef>
#include <memory>

#include "os/event_loop.h"

namespace systemcheck {

/// A worker thread and the way back from it to a loop: what EventLoop::aside() is made of, and what somebody
/// makes for himself whose jobs must not wait behind those of others. Belongs to the loop's thread, and ends
/// before it.
class Sideline {
 public:
  /// Makes the thread.
  static Result<std::unique_ptr<Sideline>> make(EventLoop& loop, std::size_t limit);
  Sideline(const Sideline&) = delete;
  Sideline& operator=(const Sideline&) = delete;
  /// A job that hangs is left behind, see Worker.
  ~Sideline();

  /// As EventLoop::aside().
  Result<Watch> put(Job job);

 private:
  struct Core;
  Sideline();

  std::unique_ptr<Core> core_;
};

}  // namespace systemcheck
