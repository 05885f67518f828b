#pragma once

#include <optional>

#include "os/event_loop.h"

namespace systemcheck {

/// Feeds systemd's watchdog (WatchdogSec=), and only while the worker still does what is set aside
/// for it: a daemon that cannot look any more is restarted. Nothing without a watchdog.
class Watchdog {
 public:
  explicit Watchdog(EventLoop& loop);
  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;
  ~Watchdog() = default;

 private:
  void beat();

  EventLoop& loop_;
  std::optional<Duration> interval_;
  Watch timer_{};
  Watch worker_{};
};

}  // namespace systemcheck
