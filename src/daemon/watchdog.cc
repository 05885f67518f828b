#include "daemon/watchdog.h"

#include <utility>

#include "os/notify.h"

namespace systemcheck {

Watchdog::Watchdog(EventLoop& loop) : loop_(loop), interval_(read_watchdog_interval()) {
  if (interval_) beat();
}

// sd_watchdog_enabled(3) recommends half of the interval.
void Watchdog::beat() {
  timer_ = loop_.at(loop_.now() + *interval_ / 2, [this] { beat(); });
  auto job = loop_.aside([] { return [] { notify_alive(); }; });
  if (job) worker_ = *std::move(job);  // A full queue is a worker that stands still: no food.
}

}  // namespace systemcheck
