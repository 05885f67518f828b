#pragma once

#include <sys/types.h>

#include <functional>
#include <span>
#include <string>

#include "base/result.h"
#include "base/unit_status.h"
#include "base/units.h"
#include "os/event_loop.h"

namespace systemcheck {

using OnUnit = std::function<void(const Result<UnitStatus>&)>;
using OnDone = std::function<void(const Status&)>;

/// systemd's own view, by bus signals; and its jobs. Asynchronous throughout: nothing here waits.
class Units {
 public:
  virtual ~Units() = default;

  /// Reports each unit once soon, and then whenever something of it changes; a unit that is not
  /// known has load_state "not-found". After a lost bus it reconnects by itself and reports all anew.
  virtual Watch watch(std::span<const std::string> names, OnUnit on_unit) = 0;
  /// Asks for one unit anew; the answer comes through its watch.
  virtual void refresh(const std::string& name) = 0;
  [[nodiscard]] virtual Manager manager() const = 0;
  /// Called whenever manager() changes.
  virtual Watch on_manager(std::function<void(Manager)> callback) = 0;
  /// Runs a job ("start", "stop", "restart") in mode "replace" and reports when it has ended.
  /// Our own stop jobs do not set stop_job_seen. Errors: refused, nothing was done; timed_out, systemd's own
  /// time for it was up; not_found, the bus went away and it may or may not have happened; else it failed.
  virtual void run_job(const std::string& unit, const std::string& verb, OnDone on_done) = 0;
  /// SIGKILL to every process of a unit. What becomes of the unit is told by its watch.
  virtual void kill(const std::string& unit, OnDone on_done) = 0;
  /// Clears `failed` and the start limit of a unit.
  virtual void reset_failed(const std::string& unit, OnDone on_done) = 0;
  /// Puts a process into a scope of its own below system.slice, out of our control group.
  virtual void adopt(pid_t process, const std::string& scope, OnDone on_done) = 0;
};

}  // namespace systemcheck
