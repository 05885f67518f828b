#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "config/config.h"
#include "decide/host_guard.h"
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

/// The same of the restarts of all services, which the limit of the machine counts: a daemon that is
/// restarted again and again may restart no more than one that runs on. Instants are rounded up: none counts
/// too short.
std::string host_memory_text(const HostGuard& guard, std::string_view boot_id);

struct RestoredHostGuard {
  HostGuard guard{};
  std::string complaint{};  ///< empty: the text was as it should be
};

/// What another boot has written is forgotten, and an empty text is of nobody. What cannot be true counts as
/// much as it may: a restart that is yet to come as one of now, and a text that cannot be understood as all
/// that any limit allows, now. Both are over when the limit has passed once.
RestoredHostGuard restored_host_guard(std::string_view text, std::string_view boot_id, Instant now);

}  // namespace systemcheck
