#include "decide/shed_protection.h"

#include <fmt/core.h>

#include <algorithm>

#include "config/protected_units.h"

namespace systemcheck {
namespace {

/// Who sets this wants it to be the last that the kernel kills: sshd has -1000.
constexpr int untouchable_oom_score_adjust = -900;

bool is_protected(const MemoryRules& rules, const std::string& unit) {
  return is_protected_unit(unit) || std::ranges::find(rules.protect, unit) != rules.protect.end();
}

bool holds_one_of(std::span<const pid_t> processes, std::span<const pid_t> others) {
  return std::ranges::find_first_of(processes, others) != processes.end();
}

}  // namespace

std::string shed_protection(const MemoryRules& rules, const ShedProtectionFacts& facts) {
  if (is_protected(rules, facts.unit)) return fmt::format("{} is protected", facts.unit);
  for (const auto& unit : facts.also_stops) {
    if (is_protected(rules, unit)) return fmt::format("stopping it would stop {}, too", unit);
  }
  for (const auto& program : facts.programs) {
    if (is_protected_program(program)) return fmt::format("it runs {}", program);
  }
  if (std::ranges::find(facts.processes, pid_t{1}) != facts.processes.end())
    return "it holds the first process";
  if (holds_one_of(facts.processes, facts.own_line)) return "this daemon runs within it";
  const auto score = facts.oom_score_adjust;
  if (score && *score <= untouchable_oom_score_adjust) return fmt::format("its oom_score_adj is {}", *score);
  return {};
}

}  // namespace systemcheck
