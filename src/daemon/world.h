#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "daemon/journal.h"
#include "os/actuator.h"
#include "os/event_loop.h"
#include "os/host.h"
#include "os/units.h"
#include "probe/prober.h"

namespace systemcheck {

/// Everything the daemon knows the machine by. Real in systemcheckd, fakes that behave in its tests.
struct World {
  EventLoop& loop;
  Units& units;
  Host& host;  ///< used by jobs set aside, and by nothing else
  Journal& journal;
  std::function<std::unique_ptr<Actuator>(std::vector<ServiceControl>)> make_actuator{};
  /// False below another root: its pids are not ours, and nothing of it may be watched or acted upon.
  bool is_this_machine = true;
  std::function<double()> draw_jitter{};  ///< -1 to 1
  Prober* prober = nullptr;               ///< none: nothing is asked
};

}  // namespace systemcheck
