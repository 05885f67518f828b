#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "daemon/supervised.h"
#include "daemon/supervision.h"

// What people order: looked at anew, decided, carried out, and told when its result was seen. No order of
// theirs waits for another service.

namespace systemcheck {
namespace {

/// A look takes a tenth of a second on a large machine; one that does not come is no reason to act blindly.
constexpr Duration sight_patience = std::chrono::seconds{10};
/// A stop command that complains: what still runs then may be about to end.
constexpr Duration complaint_grace = std::chrono::seconds{2};

bool is_idle(const std::optional<UnitStatus>& unit) {
  return !unit || unit->load_state != "loaded" || unit->active_state == "inactive" ||
         unit->active_state == "failed";
}

std::string outcome_detail(const Outcome& outcome) {
  return outcome.detail.empty() ? std::string(word(outcome.kind)) : outcome.detail;
}

}  // namespace

std::string Supervision::under_way(const Supervised& service) {
  if (service.shed_order) return std::string(verb_words(service.shed_order->action.verb));
  if (!service.ordered) return {};
  const auto& ordered = *service.ordered;
  const auto demand = ordered.memo.demand;
  if (ordered.phase == Ordered::Phase::in_flight)
    return fmt::format("a {} is under way, ordered by {}", word(demand), ordered.asked_by);
  const bool is_going = ordered.phase == Ordered::Phase::watched && demand == Demand::stop;
  return is_going ? "it was stopped; waiting until it is gone" : "";
}

Status Supervision::order(std::string_view service, Demand demand, std::string asked_by, OnDemandEnd on_end,
                          OnDemandStep on_step) {
  const auto index = index_of(service);
  if (index == services_.size()) return Error{Error::Kind::not_found, "no such service"};
  auto& wanted = *services_[index];
  if (wanted.ordered) return Error{Error::Kind::refused, "an order for it is in flight"};
  const auto now = world_.loop.now();
  wanted.ordered = std::make_unique<Ordered>();
  wanted.ordered->asked_by = std::move(asked_by);
  wanted.ordered->on_end = std::move(on_end);
  wanted.ordered->on_step = std::move(on_step);
  wanted.ordered->asked_at = now;
  wanted.ordered->memo.demand = demand;
  wanted.ordered->timer = world_.loop.at(now + sight_patience, [this, index] {
    end_order(index, {DemandEnd::Kind::refused, "it could not be looked at in time"});
  });
  wanted.ordered->tell(DemandStep::looking);
  hooks_.look_wanted();
  return Nothing{};
}

DemandSituation Supervision::demand_situation(const Supervised& service) const {
  auto situation = situation_of(service);
  situation.evidence.was_up = service.memo.was_up;
  const auto& unit = situation.evidence.unit;
  const bool has_stop = !service.rules.stop.empty() || !service.sight.init_script.empty() ||
                        (unit && unit->load_state == "loaded") || !service.sight.members.empty();
  const bool is_gone = situation.evidence.finding.presence == Presence::gone && service.sight.members.empty();
  return {.mode = service.rules.mode,
          .kill_switch = situation.kill_switch,
          .is_busy = service.memo.is_in_flight,
          .has_way_to_start = situation.has_way,
          .has_way_to_stop = has_stop,
          .cause = decide_cause(situation.evidence),
          .is_surely_gone = is_gone && !service.died_at && is_idle(unit)};
}

/// Called whenever the service is considered: begins what was ordered as soon as it is known how things are.
void Supervision::consider_order(std::size_t index) {
  const auto& service = *services_[index];
  if (!service.ordered || service.ordered->phase != Ordered::Phase::asked) return;
  if (service.sight_at < service.ordered->asked_at) return;
  (void)surroundings_.look();  // What it finds is asked for below.
  const auto demand = service.ordered->memo.demand;
  auto choice = decide_demand(demand, demand_situation(service));
  switch (choice.kind) {
    case DemandChoice::Kind::refuse:
      return end_order(index, {DemandEnd::Kind::refused, std::move(choice.reason)});
    case DemandChoice::Kind::needless:
      take_claims_over(*services_[index]);
      return end_order(index, {DemandEnd::Kind::needless, std::move(choice.reason)});
    case DemandChoice::Kind::begin:
      return begin_order(index);
  }
}

/// Whom a person stops, it stays stopped; whom he starts, it is ours again to keep up.
void Supervision::take_claims_over(Supervised& service) {
  const auto& ordered = *service.ordered;
  service.was_seen_stopped = false;
  if (ordered.memo.demand != Demand::stop) return service.claims.release(Owner::admin, ClaimOrigin::asked);
  service.claims.put({.owner = Owner::admin,
                      .reason = "it was stopped",
                      .asked_by = ordered.asked_by,
                      .since = world_.loop.now()});
}

Order Supervision::order_for_demand(std::size_t index, Demand demand) {
  const auto& service = *services_[index];
  const auto& rules = service.rules;
  const bool is_alive = service.sight.main && !service.died_at;
  const bool is_by_hand = is_started_by_hand(rules, service.sight.init_script);
  auto order = order_for(index, is_alive ? Rung::restart : Rung::start);
  order.asks_policy = false;  // It speaks to maintainer scripts.
  if (demand == Demand::stop) {
    order.verb = Verb::stop;
    order.deadline = rules.stop_timeout;
    order.kill_after = std::max<Duration>(order.kill_after, rules.stop_timeout * 2 / 3);
    order.is_unit_idle = is_idle(service.unit) || world_.units.manager() == Manager::absent;
    if (is_by_hand || order.is_unit_idle) order.leftovers = service.sight.members;
    return order;
  }
  // Its own restart command, or its script, knows how to take leave of what still runs.
  const bool has_own_way =
      !rules.restart.empty() || (rules.start.empty() && !service.sight.init_script.empty());
  if (is_alive && has_own_way) {
    order.leftovers.clear();
    order.dead_main.reset();
  }
  return order;
}

void Supervision::begin_order(std::size_t index) {
  auto& service = *services_[index];
  auto& ordered = *service.ordered;
  const auto demand = ordered.memo.demand;
  const auto now = world_.loop.now();
  const auto order = order_for_demand(index, demand);
  if (service.action) put_verdict(service, false, "something else was ordered before it was seen to be up");
  ordered.phase = Ordered::Phase::in_flight;
  ordered.tell(DemandStep::acting);
  ordered.timer.cancel();
  ordered.held_before = service.claims.find(Owner::admin, ClaimOrigin::asked) != nullptr;
  ordered.memo.old_main = service.died_at ? std::nullopt : service.sight.main;
  take_claims_over(service);
  service.memo_before_order = service.memo;
  record_moment(service.rules.name, PastDemand{.kind = PastDemand::Kind::begun, .demand = demand}, now);
  service.memo = note_demand(std::move(service.memo), demand, now);
  service.is_death_uncounted = false;
  service.down_since = service.memo_before_order.gone_since;
  service.end.reset();  // Of what is started now nothing is known.
  if (demand != Demand::stop) {
    host_guard_.note_restart(now);
    remember_host_guard();
    ++service.row.ordered_restarts_total;
    service.row.last_restart = world_.loop.wall_now();
  }
  const auto reason = fmt::format("ordered by {}", ordered.asked_by);
  world_.journal.write(Severity::notice, fmt::format("{}: {}, {}", service.rules.name, word(demand), reason));
  service.action_began = now;
  service.has_action_ended = false;
  auto intention = intention_of(service, order, reason);
  const auto* claim = service.claims.standing(now);
  intention.owner = std::string(word(claim != nullptr ? claim->owner : Owner::systemcheck));
  intention.asked_by = ordered.asked_by;
  service.action = world_.ledger->intend(std::move(intention), [this, index, order] {
    actuator_->begin(order, [this, index](const Outcome& outcome) { note_order_outcome(index, outcome); });
  });
}

/// What somebody other than the restart policy has ordered is carried out: the policy's memory goes on from
/// it.
void Supervision::note_demand_end(Supervised& service, Demand demand, const Outcome& outcome) {
  const auto now = world_.loop.now();
  const bool has_succeeded = outcome.kind == Outcome::Kind::succeeded;
  const bool is_refused = outcome.kind == Outcome::Kind::refused;
  const auto jitter = world_.draw_jitter();
  service.row.last_outcome = outcome.kind;
  service.row.last_exit = outcome.exit_code;
  record_outcome(service, outcome);
  record_moment(service.rules.name,
                PastDemand{.kind = is_refused ? PastDemand::Kind::refused : PastDemand::Kind::done,
                           .demand = demand,
                           .has_succeeded = has_succeeded,
                           .jitter = jitter},
                now);
  service.memo =
      is_refused ? service.memo_before_order
                 : note_demand_outcome(std::move(service.memo), service.rules, config_->restart_policy,
                                       demand, {.has_succeeded = has_succeeded, .jitter = jitter, .at = now});
}

void Supervision::note_order_outcome(std::size_t index, const Outcome& outcome) {
  auto& service = *services_[index];
  auto& ordered = *service.ordered;
  const auto demand = ordered.memo.demand;
  const auto now = world_.loop.now();
  const bool has_succeeded = outcome.kind == Outcome::Kind::succeeded;
  note_demand_end(service, demand, outcome);
  hooks_.look_wanted();
  if (outcome.kind == Outcome::Kind::refused) {
    const bool is_newly_held = demand == Demand::stop && !ordered.held_before;
    if (is_newly_held) service.claims.release(Owner::admin, ClaimOrigin::asked);
    return end_order(index, {DemandEnd::Kind::refused, outcome_detail(outcome)});
  }
  if (demand != Demand::stop && !has_succeeded) {
    ++service.row.restart_failures_total;
    const bool is_late = outcome.kind == Outcome::Kind::timed_out;
    return end_order(
        index, {is_late ? DemandEnd::Kind::timed_out : DemandEnd::Kind::failed, outcome_detail(outcome)});
  }
  ordered.phase = Ordered::Phase::watched;
  ordered.tell(DemandStep::watching);
  ordered.memo.done_at = now;
  ordered.memo.was_late = outcome.kind == Outcome::Kind::timed_out;
  ordered.memo.complaint = has_succeeded ? std::string() : outcome_detail(outcome);
  ordered.memo.give_up_at =
      std::max(now + complaint_grace, service.action_began + service.rules.stop_timeout);
  if (!has_succeeded) ordered.memo.give_up_at = now + complaint_grace;
  if (service.memo.verify_until) ordered.memo.give_up_at = *service.memo.verify_until + fresh_for;
  reconsider(index);
}

void Supervision::judge_order(std::size_t index, const RestartChoice& choice) {
  auto& service = *services_[index];
  if (!service.ordered || service.ordered->phase != Ordered::Phase::watched) return;
  auto& ordered = *service.ordered;
  const auto now = world_.loop.now();
  const auto situation = demand_situation(service);
  auto end = judge_demand(ordered.memo,
                          {.sight_at = service.sight_at,
                           .is_readable = situation.cause.kind != Cause::Kind::unknown,
                           .main = service.sight.main,
                           .is_surely_gone = situation.is_surely_gone,
                           .is_verifying = service.memo.verify_until.has_value(),
                           .attempt_failed = choice.attempt_failed,
                           .is_alive = choice.is_alive,
                           .reason = choice.reason},
                          now);
  if (end) return end_order(index, *std::move(end));
  if (ordered.timer.is_set()) return;
  const auto again = now + std::max<Duration>(look_again_after, (now - ordered.memo.done_at) / 10);
  const bool is_last = ordered.memo.give_up_at > now && ordered.memo.give_up_at < again;
  ordered.timer = world_.loop.at(is_last ? ordered.memo.give_up_at : again, [this, index] {
    services_[index]->ordered->timer.cancel();
    hooks_.look_wanted();
    reconsider(index);
  });
}

void Supervision::end_order(std::size_t index, DemandEnd end) {
  auto& service = *services_[index];
  auto& ordered = *service.ordered;
  const bool is_good = end.kind == DemandEnd::Kind::verified || end.kind == DemandEnd::Kind::needless;
  if (service.action && service.has_action_ended)
    put_verdict(service, end.kind == DemandEnd::Kind::verified, end.detail);
  world_.journal.write(is_good ? Severity::notice : Severity::warning,
                       fmt::format("{}: the {} ordered by {}: {}: {}", service.rules.name,
                                   word(ordered.memo.demand), ordered.asked_by, word(end.kind), end.detail));
  ordered.phase = Ordered::Phase::ended;
  ordered.end = std::move(end);
  ordered.timer = world_.loop.at(world_.loop.now(), [this, index] { finish_order(index); });
}

/// A turn of the loop later: who asked may order the next thing at once.
void Supervision::finish_order(std::size_t index) {
  const auto ordered = std::move(services_[index]->ordered);
  reconsider(index);
  ordered->on_end(*ordered->end);
}

}  // namespace systemcheck
