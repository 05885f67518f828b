#include "decide/ownership.h"

#include <algorithm>
#include <utility>

namespace systemcheck {
namespace {

bool has_ended(const Claim& claim, Instant now) { return claim.until && *claim.until <= now; }

}  // namespace

void Claims::put(Claim claim) {
  if (claim.owner == Owner::systemcheck) return;  // Ours is what is left when nobody claims it.
  if (claim.owner == Owner::maintenance) {
    const auto longest = claim.since + maintenance_max;
    claim.until = std::min(claim.until.value_or(longest), longest);
  }
  const auto place = std::ranges::lower_bound(claims_, claim.owner, {}, &Claim::owner);
  if (place == claims_.end() || place->owner != claim.owner) {
    claims_.insert(place, std::move(claim));
    return;
  }
  claim.since = place->since;
  *place = std::move(claim);
}

void Claims::release(Owner owner) {
  std::erase_if(claims_, [owner](const Claim& claim) { return claim.owner == owner; });
}

void Claims::expire(Instant now) {
  std::erase_if(claims_, [now](const Claim& claim) { return has_ended(claim, now); });
}

const Claim* Claims::standing(Instant now) const {
  const auto found = std::ranges::find_if(claims_, [now](const Claim& it) { return !has_ended(it, now); });
  return found == claims_.end() ? nullptr : &*found;
}

std::optional<Instant> Claims::next_end(Instant now) const {
  std::optional<Instant> next;
  for (const auto& claim : claims_) {
    if (claim.until && !has_ended(claim, now) && (!next || *claim.until < *next)) next = claim.until;
  }
  return next;
}

Suppressed suppressed_by(Owner owner) {
  switch (owner) {
    case Owner::shutdown:
      return Suppressed::shutdown;
    case Owner::admin:
      return Suppressed::admin;
    case Owner::maintenance:
      return Suppressed::maintenance;
    case Owner::upgrade:
      return Suppressed::upgrade;
    case Owner::shed:
      return Suppressed::shed;
    case Owner::systemd:
      return Suppressed::systemd;
    case Owner::systemcheck:
      break;
  }
  return Suppressed::unknown;
}

}  // namespace systemcheck
