#pragma once

#include <sys/types.h>

#include <optional>
#include <span>
#include <string>

#include "config/memory_rules.h"

namespace systemcheck {

/// What is known of a service that may be turned off, by which it is told whether it may not.
struct ShedProtectionFacts {
  std::string unit{};
  std::span<const std::string> also_stops{};  ///< units that would go down with it, by their dependencies
  std::span<const std::string> programs{};    ///< of its processes
  std::span<const pid_t> processes{};
  std::span<const pid_t> own_line{};      ///< this daemon, its parent, and so on
  std::optional<int> oom_score_adjust{};  ///< the least of its processes
};

/// Why nobody may turn it off, one line for people: ShedCandidate::protection. Empty: one may. By units,
/// programs and processes, never by what a process calls itself.
std::string shed_protection(const MemoryRules& rules, const ShedProtectionFacts& facts);

}  // namespace systemcheck
