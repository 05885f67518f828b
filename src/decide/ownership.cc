#include "decide/ownership.h"

#include <algorithm>
#include <utility>

namespace systemcheck {
namespace {

bool has_ended(const Claim& claim, Instant now) { return claim.until && *claim.until <= now; }

/// Clocks are disciplined all the time: an end that moves by less stays where it is.
constexpr Duration clock_slack = std::chrono::seconds{1};

bool ends_later(const Claim& claim, const Claim& other) {
  return other.until && (!claim.until || *claim.until > *other.until);
}

}  // namespace

void Claims::put(Claim claim) {
  if (claim.owner == Owner::systemcheck) return;  // Ours is what is left when nobody claims it.
  if (claim.owner == Owner::maintenance) {
    const auto longest = claim.since + maintenance_max;
    claim.until = std::min(claim.until.value_or(longest), longest);
  }
  const auto key = [](const Claim& it) { return std::pair(it.owner, it.origin); };
  const auto place = std::ranges::lower_bound(claims_, key(claim), {}, key);
  if (place == claims_.end() || key(*place) != key(claim)) {
    claims_.insert(place, std::move(claim));
    return;
  }
  claim.since = place->since;
  *place = std::move(claim);
}

void Claims::release(Owner owner) {
  std::erase_if(claims_, [owner](const Claim& claim) { return claim.owner == owner; });
}

void Claims::release(Owner owner, ClaimOrigin origin) {
  std::erase_if(claims_, [=](const Claim& claim) { return claim.owner == owner && claim.origin == origin; });
}

void Claims::keep_to_clock(Instant now, WallTime wall_now) {
  for (auto& claim : claims_) {
    if (!claim.ends_at || !claim.until) continue;
    const auto end = now + std::max(Duration{}, *claim.ends_at - wall_now);
    if (end + clock_slack < *claim.until || end == now) claim.until = std::min(*claim.until, end);
  }
}

void Claims::expire(Instant now) {
  std::erase_if(claims_, [now](const Claim& claim) { return has_ended(claim, now); });
}

const Claim* Claims::standing(Instant now) const {
  const Claim* highest = nullptr;
  for (const auto& claim : claims_) {
    if (has_ended(claim, now)) continue;
    const bool is_higher =
        highest == nullptr || (claim.owner == highest->owner && ends_later(claim, *highest));
    if (is_higher) highest = &claim;
  }
  return highest;
}

const Claim* Claims::find(Owner owner, ClaimOrigin origin) const {
  const auto found = std::ranges::find_if(
      claims_, [=](const Claim& it) { return it.owner == owner && it.origin == origin; });
  return found == claims_.end() ? nullptr : &*found;
}

std::optional<Instant> Claims::next_end(Instant now) const {
  std::optional<Instant> next;
  for (const auto& claim : claims_) {
    if (claim.until && !has_ended(claim, now) && (!next || *claim.until < *next)) next = claim.until;
  }
  return next;
}

std::string claim_words(const Claim& claim) {
  auto words = std::string(word(claim.owner));
  if (claim.ends_at) words += " until " + wall_time_text(*claim.ends_at);
  if (!claim.asked_by.empty()) words += ", asked for by " + claim.asked_by;
  if (claim.origin == ClaimOrigin::window) words += ", by a window of the configuration";
  if (claim.origin == ClaimOrigin::file) words += ", by a hold file";
  return claim.reason.empty() ? words : words + ": " + claim.reason;
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
