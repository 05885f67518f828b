#include "decide/flapping.h"

#include <algorithm>

namespace systemcheck {

void settle_flapping(const FlappingRules& rules, RestartMemo& memo, Instant now) {
  std::erase_if(memo.deaths, [&](Instant died) { return died + rules.per <= now; });
  if (memo.deaths.size() * 2 < rules.deaths) memo.is_flapping = false;
}

void note_flapping_death(const FlappingRules& rules, RestartMemo& memo, Instant died) {
  settle_flapping(rules, memo, died);
  memo.deaths.push_back(died);
  // No more than these can decide anything.
  if (memo.deaths.size() > rules.deaths) memo.deaths.erase(memo.deaths.begin());
  if (memo.deaths.size() >= rules.deaths) memo.is_flapping = true;
}

std::optional<Instant> flapping_end(const FlappingRules& rules, const RestartMemo& memo) {
  if (!memo.is_flapping || memo.deaths.empty()) return std::nullopt;
  const std::size_t may_stay = (rules.deaths - 1) / 2;  // The most that are fewer than half.
  if (memo.deaths.size() <= may_stay) return std::nullopt;
  return memo.deaths[memo.deaths.size() - may_stay - 1] + rules.per;
}

}  // namespace systemcheck
