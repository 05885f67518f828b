#pragma once

#include <functional>
#include <memory>
#include <utility>

#include "base/identity.h"
#include "base/result.h"
#include "base/units.h"

namespace systemcheck {

/// Something the loop will do later. Destroying it cancels it; it may be destroyed in its own callback.
class Watch {
 public:
  struct Registration {
    Registration() = default;
    Registration(const Registration&) = delete;
    Registration& operator=(const Registration&) = delete;
    virtual ~Registration() = default;
  };

  Watch() = default;
  explicit Watch(std::unique_ptr<Registration> registration) : registration_(std::move(registration)) {}

  void cancel() { registration_.reset(); }
  [[nodiscard]] bool is_set() const { return registration_ != nullptr; }

 private:
  std::unique_ptr<Registration> registration_{};
};

/// Exceptional: EPOLLPRI, by which the kernel reports pressure, psi.rst.
enum class Ready { readable, writable, exceptional };
/// What is served first when several things are ready: a death before a log line.
enum class Priority { urgent, normal, idle };

using Callback = std::function<void()>;
/// Runs on a worker thread; what it returns runs on the loop.
using Job = std::function<Callback()>;

/// Now, later, when ready, when gone, aside. Time lives here, so that a simulation has one virtual
/// time. All of it belongs to the main thread; callbacks run there, one after the other.
class EventLoop {
 public:
  virtual ~EventLoop() = default;

  virtual Instant now() = 0;
  virtual WallTime wall_now() = 0;
  virtual Watch at(Instant when, Callback callback) = 0;
  virtual Result<Watch> when_ready(int descriptor, Ready ready, Priority priority, Callback callback) = 0;
  /// Fires once, when that very process has ended (a zombie has ended); never for a stranger that
  /// got its number. An error of kind not_found if it is gone already.
  virtual Result<Watch> when_gone(ProcessIdentity process, Callback callback) = 0;
  /// Each signal number at most once. The signal is blocked in all threads from then on.
  virtual Result<Watch> on_signal(int number, Callback callback) = 0;
  /// Runs the job on the worker thread, one after the other. An error of kind refused while its
  /// queue is full. Destroying the Watch drops the result, not the job.
  virtual Result<Watch> aside(Job job) = 0;
  /// Until stop() or a failure of the loop itself.
  virtual Status run() = 0;
  virtual void stop() = 0;
};

}  // namespace systemcheck
