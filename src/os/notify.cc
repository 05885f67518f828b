#include "os/notify.h"

#include <systemd/sd-daemon.h>

#include <chrono>
#include <cstdint>

#include "base/text.h"

namespace systemcheck {
namespace {

// It is a comfort for systemd, not for us: when it cannot be told there is nothing to be done.
void tell(const std::string& message) { (void)sd_notify(0, message.c_str()); }

}  // namespace

void notify_ready() { tell("READY=1"); }

void notify_reloading(Instant now) {
  // Type=notify-reload compares it with the moment of its own request.
  const auto since_boot =
      std::chrono::duration_cast<std::chrono::microseconds>(now.time_since_epoch()).count();
  tell("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(since_boot));
}

void notify_stopping() { tell("STOPPING=1"); }

void notify_status(const std::string& text) { tell("STATUS=" + printable(text)); }

void notify_alive() { tell("WATCHDOG=1"); }

std::optional<Duration> read_watchdog_interval() {
  std::uint64_t interval_us = 0;
  if (sd_watchdog_enabled(0, &interval_us) <= 0) return std::nullopt;
  return std::chrono::microseconds{interval_us};
}

}  // namespace systemcheck
