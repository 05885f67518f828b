#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/identity.h"
#include "base/process_end.h"
#include "os/event_loop.h"

namespace systemcheck {

/// How well the kernel tells of ends. All counters start at zero with the daemon.
struct ProcessEndsStatus {
  bool is_alive = false;            ///< it tells of them
  std::string problem{};            ///< why not, for people
  std::uint64_t ends_total = 0;     ///< of processes that are followed
  std::uint64_t losses_total = 0;   ///< times that it had more to tell than we could take
  std::uint64_t invalid_total = 0;  ///< what came and was not believed
};

/// How processes end that are not our children: their exit status is otherwise for their parents alone. A
/// hint that may be lost, never the truth: that a process has ended is EventLoop::when_gone()'s to say.
/// Main thread.
class ProcessEnds {
 public:
  virtual ~ProcessEnds() = default;

  /// From now on its end is noted, until the Watch is destroyed. To be called while it lives. `on_hint`: it
  /// may have ended, somebody should look; never called inside a call.
  virtual Watch follow(ProcessIdentity process, Callback on_hint) = 0;
  /// How it ended. To be asked as soon as it is known that it has; nothing where that cannot be told for
  /// certain.
  virtual std::optional<ProcessEnd> take_end(ProcessIdentity process) = 0;
  [[nodiscard]] virtual const ProcessEndsStatus& status() const = 0;
};

}  // namespace systemcheck
