#pragma once

#include <optional>
#include <string>

#include "base/units.h"

namespace systemcheck {

// What systemd wants to hear from a service of Type=notify, sd_notify(3). Without systemd
// ($NOTIFY_SOCKET) nothing happens. Main thread.

void notify_ready();
/// Before a reload; notify_ready() follows when it is done.
void notify_reloading(Instant now);
void notify_stopping();
/// One line for `systemctl status`.
void notify_status(const std::string& text);
/// Feeds the watchdog.
void notify_alive();
/// How long systemd waits for notify_alive() before it ends us; nothing if it does not.
/// Feed it at half of this.
std::optional<Duration> read_watchdog_interval();

}  // namespace systemcheck
