#pragma once

#include <chrono>
#include <optional>

#include "base/identity.h"
#include "base/units.h"
#include "collect/package_transaction.h"

namespace systemcheck {

/// Longer than this nobody waits for a package tool: it hangs, or asks a question that nobody answers.
inline constexpr Duration upgrade_hold_max = std::chrono::minutes{30};
/// What was just installed is being started, or systemd's word of it is under way.
inline constexpr Duration upgrade_settles_within = std::chrono::seconds{1};

/// What must be remembered of package transactions from look to look.
struct UpgradeMemo {
  bool is_under_way = false;
  std::optional<ProcessIdentity> holder{};
  Instant since{};                 ///< this one was first seen
  std::optional<Instant> ended{};  ///< the last one was seen to be over
  bool was_expired = false;        ///< it had been waited for long enough by then
};

/// Pure. Another holder is another transaction, with a time of its own.
UpgradeMemo note_packages(UpgradeMemo memo, const PackageTransaction& seen, Instant at);

enum class UpgradeHold { none, holds, expired };
/// Pure. Whether services that are gone are left alone now.
UpgradeHold decide_upgrade_hold(const UpgradeMemo& memo, Instant now);

}  // namespace systemcheck
