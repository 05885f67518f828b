#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "os/descriptor.h"
#include "os/event_loop.h"

namespace systemcheck {

/// The kernel's own alarm: it wakes us when tasks have waited for a resource for so long within a window
/// (Documentation/accounting/psi.rst). Once a window at most. Main thread.
class PressureTrigger {
 public:
  /// `file` is /proc/pressure/memory or one of its siblings. The short window takes CAP_SYS_RESOURCE; without
  /// it the long one is used. An error of kind not_found where the kernel tells of no pressure.
  static Result<std::unique_ptr<PressureTrigger>> make(EventLoop& loop, const std::string& file,
                                                       const Callback& on_pressure);
  PressureTrigger(const PressureTrigger&) = delete;
  PressureTrigger& operator=(const PressureTrigger&) = delete;
  ~PressureTrigger() = default;

  /// "some 150000 1000000": so many µs of so many, as the kernel was told.
  [[nodiscard]] const std::string& condition() const { return condition_; }

 private:
  PressureTrigger(Descriptor file, std::string condition)
      : file_(std::move(file)), condition_(std::move(condition)) {}

  Descriptor file_;
  std::string condition_;
  Watch pressed_{};
};

}  // namespace systemcheck
