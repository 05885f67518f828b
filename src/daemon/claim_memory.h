#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "decide/ownership.h"

namespace systemcheck {

/// What people have said of one service, and what of it is remembered when the daemon ends.
struct ClaimMemo {
  std::vector<Claim> claims{};    ///< those that were asked for
  bool was_seen_stopped = false;  ///< since a person stopped it: when it is seen alive, somebody started it
  std::optional<WallTime> window_released_until{};  ///< a maintenance window that was cut short
};

/// A boot of the machine, and now on both of its clocks.
struct BootMoment {
  std::string_view boot_id{};
  Instant now{};
  WallTime wall_now{};
};

/// Says nothing, "{}", where nothing is to be remembered.
std::string claim_memory_text(const ClaimMemo& memo, const BootMoment& moment);

/// What of it still holds. Maintenance goes on until its end on people's clock, across a boot too, but never
/// for longer than was left of it when this was written: a clock that was set back must not hold a service
/// for years. What a person stopped stays stopped until the machine starts anew, as with systemctl(1).
/// What is damaged, or cannot be true, is left out.
ClaimMemo restored_claim_memo(std::string_view text, const BootMoment& moment);

/// The same claims as far as people are concerned: ends drift by the width of a clock's tick.
bool is_same_memo(const ClaimMemo& one, const ClaimMemo& other);

}  // namespace systemcheck
