#include "decide/upgrade.h"

namespace systemcheck {
namespace {

bool is_overdue(const UpgradeMemo& memo, Instant now) { return now - memo.since >= upgrade_hold_max; }

}  // namespace

UpgradeMemo note_packages(UpgradeMemo memo, const PackageTransaction& seen, Instant at) {
  if (!seen.is_under_way) {
    if (!memo.is_under_way) return memo;
    return {.ended = at, .was_expired = is_overdue(memo, at)};
  }
  if (memo.is_under_way && memo.holder == seen.holder) return memo;
  return {.is_under_way = true, .holder = seen.holder, .since = at};
}

UpgradeHold decide_upgrade_hold(const UpgradeMemo& memo, Instant now) {
  if (memo.is_under_way) return is_overdue(memo, now) ? UpgradeHold::expired : UpgradeHold::holds;
  const bool is_settling = memo.ended && !memo.was_expired && now - *memo.ended < upgrade_settles_within;
  return is_settling ? UpgradeHold::holds : UpgradeHold::none;
}

}  // namespace systemcheck
