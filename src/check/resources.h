#pragma once

#include <bitset>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/units.h"
#include "config/config.h"

namespace systemcheck {

/// What a service used in one cycle.
struct ResourceUse {
  std::uint64_t resident_bytes = 0;
  double processors = 0;  ///< over the cycle, 1 = one of them all the time
  std::uint64_t processes = 0;
  /// Of the main process: open descriptors over its limit, 0 to 1. nullopt: not read, or without a limit.
  std::optional<double> descriptors{};
  std::optional<Duration> age{};  ///< of the oldest process
};

/// Of the last cycles, which went beyond the rule: the newest is bit 0.
using RuleHistory = std::bitset<ResourceRule::cycles_max>;

struct ResourceFinding {
  bool is_broken = false;      ///< a rule was broken in so many of the last cycles
  bool wants_restart = false;  ///< and it is one that says so
  std::string reason{};        ///< "memory above 800.0 MiB in 5 of the last 10 cycles"
};

/// One cycle more. `history` is one a rule, and grows to that; begin it anew with each new process. Pure.
ResourceFinding check_resources(std::span<const ResourceRule> rules, const ResourceUse& use,
                                std::vector<RuleHistory>& history);

}  // namespace systemcheck
