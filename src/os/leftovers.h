#pragma once

#include <chrono>
#include <list>
#include <memory>
#include <string>
#include <vector>

#include "base/identity.h"
#include "os/descriptor.h"
#include "os/event_loop.h"

namespace systemcheck {

/// Ends processes that stand in the way of a new instance, and sees them gone: SIGTERM, and SIGKILL to
/// those that have not ended in time. Each is meant by its identity; who has got its number since is safe.
/// Destroying it leaves off. Main thread.
class Leftovers {
 public:
  /// SIGKILL comes `kill_after` later than SIGTERM. on_gone is called later, once all of them are gone;
  /// never, if one cannot be ended.
  static std::unique_ptr<Leftovers> end(EventLoop& loop, const std::vector<ProcessIdentity>& processes,
                                        Duration kill_after, Callback on_gone);
  Leftovers(const Leftovers&) = delete;
  Leftovers& operator=(const Leftovers&) = delete;
  ~Leftovers() = default;

  /// Those that are still there.
  [[nodiscard]] std::string describe() const;

 private:
  struct Target {
    ProcessIdentity process{};
    Descriptor pidfd{};
    Watch gone{};
  };

  Leftovers(EventLoop& loop, Duration kill_after, Callback on_gone);
  void add(ProcessIdentity process);
  void begin();
  void signal_all(int signal);
  void finish_if_all_gone();

  EventLoop& loop_;
  const Duration kill_after_;
  Callback on_gone_;
  std::list<Target> targets_{};
  Watch timer_{};
};

}  // namespace systemcheck
