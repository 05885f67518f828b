#include "decide/on_machine.h"

namespace systemcheck {

RestartChoice decide_on_machine(const MachineRules& rules, const RestartMemo& memo,
                                RestartSituation& situation, Instant now) {
  const auto decide = [&] {
    situation.host = rules.guard.decide(rules.policy.host_limit, rules.watched, now);
    return decide_restart(rules.service, rules.policy, memo, situation, now);
  };
  auto choice = decide();
  if (!choice.is_newly_due || !memo.was_up) return choice;
  rules.guard.note_death(rules.service.name, now);
  return decide();
}

void note_death_on_machine(const MachineRules& rules, const RestartMemo& memo, RestartSituation& situation,
                           Instant now) {
  situation.host = rules.guard.decide(rules.policy.host_limit, rules.watched, now);
  const auto choice = decide_restart(rules.service, rules.policy, memo, situation, now);
  if (choice.is_newly_due && memo.was_up) rules.guard.note_death(rules.service.name, now);
}

}  // namespace systemcheck
