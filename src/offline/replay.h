#pragma once

#include <array>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "config/config.h"
#include "offline/recorded.h"
#include "offline/said.h"

// The history, decided upon again with another configuration. It is an open loop: what is seen is as it was
// recorded. What would have come of an order that was not given then is taken from the one of its service
// that was given next; where one that was given then is not given now, the service is taken to stay as it
// was.

namespace systemcheck {

struct ReplayWishes {
  std::set<std::string> services{};  ///< only of these is told; empty: of all
  std::optional<WallTime> since{};   ///< only of what came later
  WallTime now{};                    ///< the end of a history that goes on
};

/// One moment of one service: what was decided then, and what would be now.
struct ReplayLine {
  std::string service{};
  std::optional<Said> then{};
  std::optional<Said> now{};
  bool is_different = false;

  [[nodiscard]] const Said& any() const { return then ? *then : *now; }
};

struct ReplayCount {
  std::size_t restarts = 0;
  std::array<std::size_t, Words<Suppressed>::all.size()> withheld{};
  Duration longest_down{};
  std::string longest_down_of{};
};

struct Replayed {
  std::vector<ReplayLine> lines{};  ///< in the order in which it happened
  ReplayCount then{};
  ReplayCount now{};
  std::size_t differences = 0;
  std::size_t taken = 0;                   ///< orders whose outcome is an assumption
  std::size_t left_out = 0;                ///< situations that were not recorded, because there were too many
  std::set<std::string> not_configured{};  ///< services of the history that this configuration does not have
  std::optional<WallTime> first{};         ///< of what is recorded
  std::optional<WallTime> last{};
};

/// Pure. An error where the wishes name a service of which nothing is recorded, or nothing settles.
Result<Replayed> replay(const Config& config, const RecordedHistory& history, const ReplayWishes& wishes);

}  // namespace systemcheck
