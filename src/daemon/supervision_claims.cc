#include <algorithm>
#include <utility>

#include "base/text.h"
#include "daemon/supervised.h"
#include "daemon/supervision.h"

// Who else owns the desired state of a service, how it is given back, and what of it outlives the daemon.

namespace systemcheck {
namespace {

std::string memory_key(const std::string& service) { return "claims/" + service; }

std::vector<Claim> asked_for(const Claims& claims) {
  std::vector<Claim> asked;
  std::ranges::copy_if(claims.all(), std::back_inserter(asked),
                       [](const Claim& it) { return it.origin == ClaimOrigin::asked; });
  return asked;
}

/// Why it is over before its time.
std::string end_words(ClaimOrigin origin) {
  return origin == ClaimOrigin::file ? "no hold file holds it any more" : "there is no such window any more";
}

}  // namespace

std::vector<HoldRow> hold_rows(const Claims& claims, Instant now, WallTime wall_now) {
  std::vector<HoldRow> rows;
  for (const auto& claim : claims.all()) {
    if (claim.until && *claim.until <= now) continue;
    HoldRow row{.by = claim.owner,
                .origin = claim.origin,
                .reason = printable(claim.reason),
                .asked_by = printable(claim.asked_by),
                .since = wall_now - (now - claim.since)};
    if (claim.until) {
      row.remaining = *claim.until - now;
      row.until = wall_now + row.remaining;
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

Status Supervision::claim(std::string_view service, Claim claim) {
  const auto index = index_of(service);
  if (index == services_.size()) return Error{Error::Kind::not_found, "no such service"};
  auto& held = *services_[index];
  if (claim.owner == Owner::admin) held.was_seen_stopped = false;
  const auto words = claim_words(claim);
  held.claims.put(std::move(claim));
  record_claims(held, words);
  reconsider(index);
  return Nothing{};
}

Status Supervision::release(std::string_view service, Owner owner) {
  const auto index = index_of(service);
  if (index == services_.size()) return Error{Error::Kind::not_found, "no such service"};
  services_[index]->claims.release(owner);
  hooks_.look_wanted();
  reconsider(index);
  return Nothing{};
}

Result<std::vector<Owner>> Supervision::give_back(std::string_view service, std::string_view asked_by) {
  const auto index = index_of(service);
  if (index == services_.size()) return Error{Error::Kind::not_found, "no such service"};
  auto& held = *services_[index];
  refresh_claims(held);  // A window may have opened since it was considered last.
  std::vector<Owner> given_back;
  for (const auto owner : {Owner::admin, Owner::maintenance}) {
    if (held.claims.find(owner, ClaimOrigin::asked) == nullptr) continue;
    held.claims.release(owner, ClaimOrigin::asked);
    given_back.push_back(owner);
    record_claims(held, std::string(word(owner)) + " is over: given back by " + std::string(asked_by));
  }
  if (const auto* window = held.claims.find(Owner::maintenance, ClaimOrigin::window); window != nullptr) {
    held.window_released_until = window->ends_at;
    held.claims.release(Owner::maintenance, ClaimOrigin::window);
    given_back.push_back(Owner::maintenance);
    record_claims(held, "this maintenance window is over: given back by " + std::string(asked_by));
  }
  hooks_.look_wanted();
  reconsider(index);
  return given_back;
}

Status Supervision::clear(std::string_view service, std::string_view asked_by) {
  const auto index = index_of(service);
  if (index == services_.size()) return Error{Error::Kind::not_found, "no such service"};
  auto& cleared_one = *services_[index];
  record_moment(cleared_one.rules.name, PastDemand{.kind = PastDemand::Kind::cleared}, world_.loop.now());
  cleared_one.memo = cleared(std::move(cleared_one.memo));
  record_claims(cleared_one, "its pauses and deaths were forgotten, asked for by " + std::string(asked_by));
  hooks_.look_wanted();
  reconsider(index);
  return Nothing{};
}

/// Whoever has a claim now, by whatever clock and by whatever way.
void Supervision::refresh_claims(Supervised& service) {
  const auto now = world_.loop.now();
  const auto wall_now = world_.loop.wall_now();
  service.claims.keep_to_clock(now, wall_now);
  if (service.window_released_until && *service.window_released_until <= wall_now)
    service.window_released_until.reset();
  auto window = holds_.by_window(service.rules.name);
  const bool was_cut_short =
      window && service.window_released_until && *window->ends_at <= *service.window_released_until;
  put_or_release(service, ClaimOrigin::window, was_cut_short ? std::nullopt : std::move(window));
  put_or_release(service, ClaimOrigin::file, holds_.by_file(service.rules.name));
  service.claims.expire(now);
}

void Supervision::put_or_release(Supervised& service, ClaimOrigin origin, std::optional<Claim> claim) {
  const auto* before = service.claims.find(Owner::maintenance, origin);
  if (before == nullptr && !claim) return;
  const bool has_ended = before != nullptr && before->until && *before->until <= world_.loop.now();
  if (!claim && has_ended) return;  // Of itself: the change of owner tells.
  if (!claim) {
    service.claims.release(Owner::maintenance, origin);
    return record_claims(service, "maintenance is over: " + end_words(origin));
  }
  const bool is_same =
      before != nullptr && before->ends_at == claim->ends_at && before->reason == claim->reason;
  if (is_same && !has_ended) return;
  const auto words = claim_words(*claim);
  // A file that was renewed, or another window, begins anew. One whose end on people's clock is not reached
  // yet, although by ours it is, just goes on: where windows meet there must be no gap.
  if (!is_same) service.claims.release(Owner::maintenance, origin);
  service.claims.put(*std::move(claim));
  if (!is_same) record_claims(service, words);
}

/// Right before acting: what forbids it, and who holds it by a file. Returns whether anything is different.
bool Supervision::look_around(Supervised& service) {
  const bool is_held_otherwise = holds_.look();
  if (is_held_otherwise) refresh_claims(service);
  return surroundings_.look() || is_held_otherwise;
}

/// What a person stopped and somebody has started again, by another way than ours, is no longer stopped.
void Supervision::note_stop_seen(Supervised& service, const RestartChoice& choice) {
  if (service.claims.find(Owner::admin, ClaimOrigin::asked) == nullptr || service.ordered) return;
  if (choice.state == ServiceState::held) service.was_seen_stopped = true;
  if (!choice.is_alive || !service.was_seen_stopped) return;
  service.claims.release(Owner::admin, ClaimOrigin::asked);
  service.was_seen_stopped = false;
  record_claims(service, "it runs again, started by somebody else: it is no longer held as stopped");
}

void Supervision::record_claims(Supervised& service, const std::string& words) {
  const auto* claim = service.claims.standing(world_.loop.now());
  const auto owner = claim != nullptr ? claim->owner : Owner::systemcheck;
  service.is_owner_told = true;
  world_.journal.write(Severity::notice, service.rules.name + ": " + words);
  world_.ledger->put(Event{.at = world_.loop.wall_now(),
                           .service = service.rules.name,
                           .from = std::string(word(service.row.state)),
                           .to = std::string(word(service.row.state)),
                           .owner = std::string(word(owner)),
                           .reason = words,
                           .kind = EventKind::owner});
}

BootMoment Supervision::moment() const {
  return {.boot_id = world_.boot_id, .now = world_.loop.now(), .wall_now = world_.loop.wall_now()};
}

void Supervision::remember_claims(Supervised& service) {
  ClaimMemo memo{.claims = asked_for(service.claims),
                 .was_seen_stopped = service.was_seen_stopped,
                 .window_released_until = service.window_released_until};
  if (is_same_memo(memo, service.remembered_claims)) return;
  service.remembered_claims = std::move(memo);
  auto text = claim_memory_text(service.remembered_claims, moment());
  claim_texts_.insert_or_assign(service.rules.name, text);
  world_.ledger->put(Memo{.key = memory_key(service.rules.name), .text = std::move(text)});
}

/// A service that comes back with a reload has what this daemon wrote, not what an earlier one left.
void Supervision::recall_claims(Supervised& service) {
  const auto& memos = world_.ledger->memos();
  const auto own = claim_texts_.find(service.rules.name);
  const auto left = memos.find(memory_key(service.rules.name));
  if (own == claim_texts_.end() && left == memos.end()) return;
  auto memo = restored_claim_memo(own != claim_texts_.end() ? own->second : left->second, moment());
  for (const auto& claim : memo.claims) {
    service.claims.put(claim);
    world_.journal.write(Severity::notice, service.rules.name + ": still in force: " + claim_words(claim));
  }
  service.was_seen_stopped = memo.was_seen_stopped;
  service.window_released_until = memo.window_released_until;
  service.remembered_claims = std::move(memo);
}

}  // namespace systemcheck
