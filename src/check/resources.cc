#include "check/resources.h"

#include <fmt/core.h>

#include "config/resource_rules.h"

namespace systemcheck {
namespace {

/// What cannot be told is not beyond any limit.
bool is_beyond(const ResourceRule& rule, const ResourceUse& use) {
  switch (rule.kind) {
    case ResourceRule::Kind::memory_above:
      return static_cast<double>(use.resident_bytes) > rule.limit;
    case ResourceRule::Kind::cpu_above:
      return use.processors > rule.limit;
    case ResourceRule::Kind::descriptors_above:
      return use.descriptors && *use.descriptors > rule.limit;
    case ResourceRule::Kind::processes_above:
      return static_cast<double>(use.processes) > rule.limit;
    case ResourceRule::Kind::age_above:
      break;
  }
  return use.age && in_seconds(*use.age) > rule.limit;
}

std::size_t count_last(const RuleHistory& history, std::size_t cycles) {
  std::size_t count = 0;
  for (std::size_t i = 0; i < cycles; ++i)
    count += history[i] ? 1U : 0U;
  return count;
}

}  // namespace

ResourceFinding check_resources(std::span<const ResourceRule> rules, const ResourceUse& use,
                                std::vector<RuleHistory>& history) {
  history.resize(rules.size());
  ResourceFinding finding;
  for (std::size_t i = 0; i < rules.size(); ++i) {
    const auto& rule = rules[i];
    history[i] <<= 1;
    history[i][0] = is_beyond(rule, use);
    const auto failed = count_last(history[i], rule.of);
    if (failed < rule.failed) continue;
    const bool is_graver = rule.action == RuleAction::restart && !finding.wants_restart;
    if (finding.is_broken && !is_graver) continue;
    finding.is_broken = true;
    finding.wants_restart = rule.action == RuleAction::restart;
    finding.reason =
        fmt::format("{} in {} of the last {} cycles", resource_rule_words(rule), failed, rule.of);
  }
  return finding;
}

}  // namespace systemcheck
