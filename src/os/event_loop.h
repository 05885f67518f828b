#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "base/identity.h"
#include "base/process_end.h"
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
    [[nodiscard]] virtual std::optional<ProcessEnd> how_it_ended() const { return std::nullopt; }
  };

  Watch() = default;
  explicit Watch(std::unique_ptr<Registration> registration) : registration_(std::move(registration)) {}

  void cancel() { registration_.reset(); }
  [[nodiscard]] bool is_set() const { return registration_ != nullptr; }
  /// Of when_gone(), also after it has fired: how that process ended. Without a value: it has not, or the
  /// kernel does not tell; of a process that somebody else has reaped it does from Linux 6.15 on.
  [[nodiscard]] std::optional<ProcessEnd> how_it_ended() const {
    return registration_ ? registration_->how_it_ended() : std::nullopt;
  }

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
