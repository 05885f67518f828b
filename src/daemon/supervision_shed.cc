#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "check/probes.h"
#include "check/services.h"
#include "daemon/supervised.h"
#include "daemon/supervision.h"

// Turning services off for want of memory, and on again: how they stand, and what is done to them.

namespace systemcheck {
namespace {

bool is_idle(const UnitStatus& unit) {
  return unit.active_state == "inactive" || unit.active_state == "failed";
}

bool is_begun_by_boot(const std::optional<UnitStatus>& unit) {
  return !unit || (unit->unit_file_state != "disabled" && !unit->unit_file_state.starts_with("masked"));
}

}  // namespace

/// By what was seen or said by others than us: a claim of ours is none of theirs.
std::optional<Owner> Supervision::held_by(const Supervised& service) const {
  std::optional<Owner> highest;
  const auto hold = [&highest](Owner owner) {
    if (!highest || owner < *highest) highest = owner;
  };
  const auto now = world_.loop.now();
  for (const auto& claim : service.claims.all()) {
    const bool has_ended = claim.until && *claim.until <= now;
    if (claim.owner != Owner::shed && !has_ended) hold(claim.owner);
  }
  if (service.unit && service.unit->stop_job_seen) hold(Owner::admin);
  if (!surroundings_.kill_switch().empty()) hold(Owner::maintenance);
  if (surroundings_.upgrade()) hold(Owner::upgrade);
  if (is_going_down()) hold(Owner::shutdown);
  return highest;
}

ShedPresence Supervision::presence_of(const Supervised& service) const {
  const bool was_seen = service.sight_at != Instant{};
  if (!was_seen || world_.loop.now() - service.sight_at > cycles_until_stale * config_->cycle)
    return ShedPresence::unknown;
  if (check_service(service.rules, service.sight).presence == Presence::unknown) return ShedPresence::unknown;
  const bool is_others_order = service.ordered || (service.memo.is_in_flight && !service.shed_order);
  const bool is_unit_idle = !service.unit || is_idle(*service.unit);
  const bool is_starting = service.shed_order && service.shed_order->action.verb == ShedVerb::start;
  const bool is_alive = service.sight.main && !service.died_at;
  if (is_alive && is_others_order) return ShedPresence::unknown;
  if (is_alive) {
    if (service.unit && service.unit->active_state == "activating") return ShedPresence::starting;
    return ShedPresence::up;
  }
  if (is_starting || is_others_order) return ShedPresence::starting;
  const bool is_surely_gone = !service.died_at && service.sight.members.empty() && is_unit_idle;
  return is_surely_gone ? ShedPresence::down : ShedPresence::stopping;
}

ShedCandidate Supervision::shed_candidate(const Supervised& service) const {
  const auto& unit = service.unit;
  ShedCandidate candidate{.name = service.rules.name,
                          .unit = service.row.unit,
                          .priority = service.rules.shed_priority,
                          .mode = service.rules.mode,
                          .presence = presence_of(service),
                          .up_since = service.main_since,
                          .held_by = held_by(service),
                          .is_enabled = is_begun_by_boot(unit),
                          .start_timeout = service.rules.start_timeout};
  if (unit && !unit->invocation_id.empty()) {
    candidate.instance = unit->invocation_id;
  } else if (const auto& main = service.sight.main) {
    candidate.instance = fmt::format("{}:{}", main->pid, main->start_ticks);
  }
  const auto answers = check_probes(service.probes).kind;
  candidate.is_ready = answers != ProbeFinding::Kind::failing && answers != ProbeFinding::Kind::unproven;
  const auto state = service.row.state;
  const bool is_withheld = state == ServiceState::held && service.row.owner == Owner::shed &&
                           service.claims.find(Owner::shed, ClaimOrigin::own) == nullptr;
  const bool is_due = state == ServiceState::down || service.awaits_attempt() || is_withheld;
  candidate.is_restart_due = is_due && (service.memo.was_up || service.was_turned_off);
  return candidate;
}

std::vector<ShedCandidate> Supervision::shed_candidates() const {
  std::vector<ShedCandidate> candidates;
  candidates.reserve(services_.size());
  for (const auto& service : services_)
    candidates.push_back(shed_candidate(*service));
  return candidates;
}

std::vector<MeasuredService> Supervision::measured_services() const {
  std::vector<MeasuredService> measured;
  for (const auto& service : services_) {
    if (!service->rules.shed_priority) continue;
    MeasuredService one{
        .name = service->rules.name, .unit = service->row.unit, .members = service->sight.members};
    if (const auto& unit = service->unit) {
      one.control_group = unit->control_group;
      one.stopped_with_it = unit->stopped_with_it;
      one.triggered_by = unit->triggered_by;
    }
    measured.push_back(std::move(one));
  }
  return measured;
}

std::string Supervision::start_veto(const Supervised& service) const {
  return hooks_.start_veto ? hooks_.start_veto(service.rules.name) : std::string();
}

Order Supervision::order_for_shed(std::size_t index, const ShedAction& action) {
  const auto& service = *services_[index];
  auto order = order_for_demand(index, action.verb == ShedVerb::start ? Demand::start : Demand::stop);
  order.deadline = action.deadline;
  order.triggers = action.triggers;
  order.kill_after = action.deadline;                            // When it is killed is decided, too.
  if (action.verb == ShedVerb::start) order.verb = Verb::start;  // Nothing runs, and its triggers come first.
  if (action.verb != ShedVerb::kill) return order;
  order.verb = Verb::kill;
  order.leftovers = service.sight.members;
  return order;
}

/// Else it would look as if an administrator had stopped it before we came.
void Supervision::note_turned_off(std::string_view name, bool was_enabled) {
  const auto index = index_of(name);
  if (index == services_.size()) return;
  auto& service = *services_[index];
  service.was_turned_off = true;
  if (!was_enabled) service.unit_file_state_when_up = "disabled";
}

void Supervision::shed(const ShedAction& action, std::function<void(const Outcome&)> on_end) {
  const auto index = index_of(action.service);
  if (index == services_.size()) return;
  auto& service = *services_[index];
  auto order = std::make_unique<ShedOrder>(ShedOrder{.action = action, .on_end = std::move(on_end)});
  if (!service.memo.is_in_flight && !service.ordered) return begin_shed(index, std::move(order));
  if (!service.shed_order) return;  // Somebody else's.
  service.shed_next = std::move(order);
  actuator_->cancel(service.shed_order->ticket);
}

bool Supervision::is_turning_on() const {
  const auto is_start = [](const auto& order) { return order && order->action.verb == ShedVerb::start; };
  return std::ranges::any_of(services_, [&](const auto& service) {
    return is_start(service->shed_order) || is_start(service->shed_next);
  });
}

void Supervision::begin_shed(std::size_t index, std::unique_ptr<ShedOrder> shed_order) {
  auto& service = *services_[index];
  const auto& action = shed_order->action;
  const bool is_start = action.verb == ShedVerb::start;
  const auto demand = is_start ? Demand::start : Demand::stop;
  const auto now = world_.loop.now();
  const auto order = order_for_shed(index, action);
  if (service.action) put_verdict(service, false, "something else was decided before its result was seen");
  service.memo_before_order = service.memo;
  record_moment(service.rules.name, PastDemand{.kind = PastDemand::Kind::begun, .demand = demand}, now);
  service.memo = note_demand(std::move(service.memo), demand, now);
  service.is_death_uncounted = false;
  service.awaits_gone = !is_start;
  if (is_start) service.end.reset();  // Of what is started now nothing is known.
  service.action_began = now;
  service.down_since = is_start ? service.memo_before_order.gone_since : std::nullopt;
  service.has_action_ended = false;
  world_.journal.write(Severity::warning,
                       fmt::format("{}: {}: {}", service.rules.name, verb_words(action.verb), action.reason));
  auto intention = intention_of(service, order, action.reason);
  intention.owner = std::string(word(Owner::shed));
  shed_order->ticket = order.ticket;
  service.shed_order = std::move(shed_order);
  service.action = world_.ledger->intend(std::move(intention), [this, index, order] {
    actuator_->begin(order, [this, index](const Outcome& outcome) { note_shed_outcome(index, outcome); });
  });
  reconsider(index);
}

void Supervision::note_shed_outcome(std::size_t index, const Outcome& outcome) {
  auto& service = *services_[index];
  const auto finished = std::move(service.shed_order);
  const bool is_start = finished->action.verb == ShedVerb::start;
  note_demand_end(service, is_start ? Demand::start : Demand::stop, outcome);
  if (outcome.kind != Outcome::Kind::succeeded) {
    world_.journal.write(Severity::warning,
                         fmt::format("{}: {} did not succeed ({}): {}", service.rules.name,
                                     verb_words(finished->action.verb), word(outcome.kind), outcome.detail));
  }
  hooks_.look_wanted();
  if (service.shed_next) {
    begin_shed(index, std::move(service.shed_next));
  } else {
    reconsider(index);
  }
  if (finished->on_end) finished->on_end(outcome);
}

void Supervision::note_shed_verdict(std::string_view service, bool is_gone, const std::string& why) {
  const auto index = index_of(service);
  if (index == services_.size()) return;
  auto& told = *services_[index];
  if (!std::exchange(told.awaits_gone, false)) return;
  if (told.action) put_verdict(told, is_gone, why);
}

}  // namespace systemcheck
