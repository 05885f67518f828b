#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "daemon/journal.h"
#include "daemon/ledger.h"
#include "daemon/memory_source.h"
#include "daemon/relay_means.h"
#include "os/actuator.h"
#include "os/event_loop.h"
#include "os/host.h"
#include "os/process_ends.h"
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
  /// The main thread's own, for what is asked right before acting: a few files that nobody can make it wait
  /// for. Null: only what was collected counts.
  Host* own_host = nullptr;
  std::shared_ptr<Ledger> ledger = std::make_shared<NoLedger>();
  /// Where it is read how much memory there is. Not set: memory is not watched.
  std::function<Result<std::unique_ptr<MemorySource>>(const MemoryRules&)> make_memory_source{};
  std::string boot_id{};     ///< another one each time the machine starts
  Prober* prober = nullptr;  ///< none: nothing is asked
  /// Local time minus UTC, at a moment.
  std::function<Duration(WallTime)> utc_offset = [](WallTime) { return Duration{}; };
  /// Not set: nobody's mail is relayed by us.
  std::optional<RelayMeans> relay{};
  ProcessEnds* ends = nullptr;  ///< none: how processes end is known to systemd alone
};

}  // namespace systemcheck
