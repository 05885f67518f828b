#pragma once

#include <optional>

#include "base/units.h"
#include "decide/restarts.h"

namespace systemcheck {

/// One death more, and whether that makes it flap. Pure.
void note_flapping_death(const FlappingRules& rules, RestartMemo& memo, Instant died);
/// Forgets deaths that are out of the window; flapping ends when fewer than half of `deaths` are left in it.
void settle_flapping(const FlappingRules& rules, RestartMemo& memo, Instant now);
/// When it ends if nothing more happens; nullopt when it does not flap.
std::optional<Instant> flapping_end(const FlappingRules& rules, const RestartMemo& memo);

}  // namespace systemcheck
