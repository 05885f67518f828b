#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/event_words.h"
#include "base/units.h"
#include "base/vocabulary.h"

namespace systemcheck {

/// One thing that was done, or that has changed.
struct EventRow {
  std::uint64_t number = 0;  ///< from 1, and never again while the daemon lives
  WallTime at{};
  EventKind kind = EventKind::daemon;
  std::string subject{};  ///< a service, a mount point, "load", "memory"; empty: the daemon
  std::string what{};     ///< of an action its verb; else what it has come to
  Owner owner = Owner::systemcheck;
  std::string actor{};  ///< "systemcheck", or who has asked for it
  ActionResult result = ActionResult::none;
  std::string text{};  ///< one line, printable
};

inline constexpr std::size_t recent_events_max = 64;

/// The last of them, the newest at the end. Shared and immutable: views come ten times a second, events do
/// not.
using RecentEvents = std::vector<std::shared_ptr<const EventRow>>;

}  // namespace systemcheck
