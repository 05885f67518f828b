#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "config/config.h"
#include "decide/restarts.h"

namespace systemcheck {

/// What of a restart memo outlives the daemon: how often it was tried, and when it may be tried again.
///
/// Times are those of the monotonic clock with the boot they belong to: it goes on while no daemon runs, and
/// nobody can step it. What another boot has written means nothing any more: every service begins anew.
std::string restart_memory_text(const RestartMemo& memo, std::string_view boot_id);

/// Nothing where the text is of another boot, is no such text, or cannot be true: an attempt farther away
/// than the longest pause. It only ever makes the daemon wait longer: nothing that is restored is acted upon
/// within `settling`.
std::optional<RestartMemo> restored_restart_memo(std::string_view text, std::string_view boot_id,
                                                 const RestartPolicy& policy, Instant now, Duration settling);

}  // namespace systemcheck
