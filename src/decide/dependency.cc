#include "decide/dependency.h"

#include <algorithm>

namespace systemcheck {
namespace {

/// Down, and ours to bring back, or perhaps so: a daemon that begins hears of one unit after the other. What
/// has come up need not have stayed up yet: others are not kept down for that.
bool is_being_brought_back(const Standing& it) {
  if (it.memo.came_up_at) return false;
  if (it.rules.mode == Mode::act && it.state == ServiceState::unknown && it.is_word_awaited) return true;
  const bool is_ours = it.state == ServiceState::suspect || it.state == ServiceState::down ||
                       it.state == ServiceState::waiting || it.state == ServiceState::restarting ||
                       it.state == ServiceState::flapping;
  return it.rules.mode == Mode::act && it.memo.gone_since && is_ours;
}

}  // namespace

std::string find_cause_to_wait(const Service& rules, const FindStanding& find) {
  for (const auto& name : rules.after) {
    const auto other = find(name);
    if (!other || !is_being_brought_back(*other)) continue;
    auto cause = find_cause_to_wait(other->rules, find);
    return cause.empty() ? name : cause;
  }
  return {};
}

bool may_wait_for(const Service& rules, const RestartMemo& memo, std::string_view name) {
  return memo.suppressed == Suppressed::dependency &&
         std::ranges::find(rules.after, name) != rules.after.end();
}

}  // namespace systemcheck
