#pragma once

#include <sys/types.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/ip_address.h"
#include "base/result.h"
#include "base/units.h"
#include "config/relay_rules.h"
#include "os/event_loop.h"
#include "relay/log_bisect.h"
#include "relay/log_source.h"

namespace systemcheck {

/// Where to begin in a log.
struct LogStart {
  std::string place{};  ///< behind what an earlier daemon has read; empty: nothing
  IsOld is_old{};       ///< of lines
  WallTime since{};     ///< the same, where entries have a time of their own
};

/// What the relay tracker knows the machine by. Real in systemcheckd, fakes that behave in tests.
struct RelayMeans {
  std::function<Duration()> since_boot{};
  /// Of all its interfaces.
  std::function<std::vector<IpAddress>()> own_addresses{};
  /// Of those names that there are. Asks name services: may block.
  std::function<std::vector<uid_t>(const std::vector<std::string>&)> user_ids{};
  std::function<Result<std::unique_ptr<LogSource>>(const RelayLog&, LogStart, SourceHooks)> open_log{};
};

/// Of this machine. The loop must outlive what is opened.
RelayMeans machine_relay_means(EventLoop& loop);

}  // namespace systemcheck
