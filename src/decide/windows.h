#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/units.h"
#include "config/config.h"

namespace systemcheck {

/// Local time minus UTC, at a moment: localtime(3) knows it.
using UtcOffset = std::function<Duration(WallTime)>;

struct OpenWindow {
  WallTime from{};
  WallTime until{};
  std::string reason{};
};

/// The maintenance window that is open for a service now, of several the one that closes last. Pure.
///
/// A window begins at its local time and lasts for its length, however the clocks are set meanwhile. Where
/// they are set forward over its beginning it begins as much later; where they are set back, and its
/// beginning comes twice, it begins with the first.
std::optional<OpenWindow> find_open_window(const Config& config, std::string_view service, WallTime now,
                                           const UtcOffset& offset_at);

}  // namespace systemcheck
