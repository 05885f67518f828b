#include "offline/replayed_run.h"

#include <algorithm>
#include <utility>

#include "config/order.h"
#include "decide/restart_memory.h"

// What was recorded, moment by moment. What happens between two of them is in replayed_events.cc.

namespace systemcheck {

ReplayedRun::ReplayedRun(ReplayStage& stage) : stage_(stage) {
  for (const auto place : ordered(stage_.config.services)) {
    services_.push_back(std::make_unique<Played>());
    services_.back()->rules = &stage_.config.services[place];
    by_name_[services_.back()->rules->name] = services_.back().get();
  }
}

Status ReplayedRun::play(std::size_t first, std::size_t count, Instant end) {
  const auto last = first + count;
  boot_id_ = stage_.moments[first].boot_id;
  run_ = stage_.moments[first].run;
  recall_guard(stage_.moments[first]);
  for (auto place = first; place < last; ++place) {
    auto* service = find(stage_.moments[place].service);
    if (service != nullptr && stage_.moments[place].situation() != nullptr) service->places.push_back(place);
  }
  for (place_ = first; place_ < last;) {
    const auto& moment = stage_.moments[place_];
    if (auto advanced = advance(moment.instant); !advanced) return advanced;
    last_at_ = moment.at;
    last_instant_ = moment.instant;
    const auto from = place_;
    const auto is_of_round = [&](const Recorded& it) {
      return moment.round != 0 && it.round == moment.round;
    };
    while (++place_ < last && is_of_round(stage_.moments[place_]))
      continue;
    moment.round == 0 ? play_one(from) : play_round(from, place_);
  }
  is_after_end_ = true;
  auto advanced = advance(end);
  for (const auto& service : services_) {
    note_down(*service, std::max(end, last_instant_));
    if (service->seen != nullptr)
      stage_.remembered[service->rules->name] = restart_memory_text(service->memo, boot_id_);
  }
  stage_.remembered_guard = host_memory_text(guard_, boot_id_);
  return advanced;
}

Played* ReplayedRun::find(const std::string& name) {
  const auto found = by_name_.find(name);
  return found == by_name_.end() ? nullptr : found->second;
}

void ReplayedRun::play_one(std::size_t place) {
  const auto& moment = stage_.moments[place];
  const auto* turn = moment.turn();
  if (turn != nullptr && turn->kind == PastTurn::Kind::taken_over) take_over(moment.instant);
  auto* service = find(moment.service);
  if (service == nullptr) return;
  if (const auto* outcome = moment.outcome()) return take_outcome(*service, *outcome, moment.instant);
  if (const auto* demand = moment.demand()) return take_demand(*service, *demand, moment.instant);
  const auto* situation = moment.situation();
  if (situation == nullptr) return;
  install(*service, moment, *situation);
  decide_recorded(place);
}

/// Whatever waits is decided upon anew.
void ReplayedRun::take_over(Instant now) {
  taken_over_at_ = now;
  for (const auto& service : services_) {
    if (service->wake) service->wake = now;
    service->wakes_to_look = false;
  }
}

/// All that was seen in one look at all services: deaths are counted before the first is decided upon.
void ReplayedRun::play_round(std::size_t first, std::size_t end) {
  const auto now = stage_.moments[first].instant;
  std::map<const Played*, std::size_t> places;
  std::map<const Played*, const PastDemand*> demands;  ///< one at a time; before its service is decided upon
  Instant sight{};
  for (auto place = first; place < end; ++place) {
    const auto& moment = stage_.moments[place];
    auto* service = find(moment.service);
    if (service != nullptr && moment.demand() != nullptr) demands[service] = moment.demand();
    if (service == nullptr || moment.situation() == nullptr) continue;
    install(*service, moment, *moment.situation());
    places[service] = place;
    sight = std::max(sight, moment.situation()->situation.sight_at);
  }
  for (const auto& [service, place] : places) {
    auto situation = situation_now(*service, now);
    situation.waits_for = waits_for(*service);
    note_death_on_machine(rules_of(*service), service->memo, situation, now);
  }
  for (const auto& service : services_) {
    const auto ordered = demands.find(service.get());
    if (ordered != demands.end()) take_demand(*service, *ordered->second, now);
    const auto told = places.find(service.get());
    told != places.end() ? decide_recorded(told->second) : let_see(*service, sight, now);
  }
}

/// Nothing was recorded of it, so nothing had changed; but it was a newer sight.
void ReplayedRun::let_see(Played& service, Instant sight, Instant now) {
  if (service.seen == nullptr) return;
  service.look.reset();
  service.sight_at = std::max(service.sight_at, sight);
  const bool is_settled = !service.wake && service.reality == Played::Reality::as_recorded;
  if (is_settled) return;
  service.is_new_sight = true;
  decide(service, now);
}

/// Where the beginning of this run is not in the history any more, neither is what it began with.
void ReplayedRun::recall_guard(const Recorded& first) {
  const auto* turn = first.turn();
  if (turn == nullptr || turn->kind != PastTurn::Kind::taken_over) return;
  guard_ = restored_host_guard(stage_.remembered_guard, boot_id_, first.instant).guard;
}

/// The first time in this run: what the daemon remembered of the one before. Where its beginning is not in
/// the history any more, what is known is that it was watched.
void ReplayedRun::recall(Played& service, const Recorded& moment, const PastSituation& situation) {
  if (!taken_over_at_) {
    service.memo.was_up = true;
    service.memo.attempts = situation.decision.attempts;
    return;
  }
  const auto text = stage_.remembered[service.rules->name];
  auto memo = restored_restart_memo(text, moment.boot_id, stage_.config.restart_policy, *taken_over_at_,
                                    stage_.config.cycle);
  if (memo) service.memo = *std::move(memo);
}

void ReplayedRun::install(Played& service, const Recorded& moment, const PastSituation& situation) {
  if (service.seen == nullptr) recall(service, moment, situation);
  // Due in the same moment: what it does without a word is done before.
  if (service.wake && *service.wake <= moment.instant) wake(service, moment.instant);
  if (!service.places.empty()) service.places.pop_front();
  service.seen = &situation;
  if (is_good(situation)) service.good = &situation;
  follow_reality(service, situation);
  if (situation.situation.is_new_sight) service.look.reset();  // That was the look that was wanted.
  if (service.reality == Played::Reality::as_recorded) {
    service.sight_at = situation.situation.sight_at;
    service.is_new_sight = situation.situation.is_new_sight;
    return;
  }
  service.sight_at = std::max(service.sight_at, situation.situation.sight_at);
  service.is_new_sight = service.is_new_sight || situation.situation.is_new_sight;
}

/// Where both have come to the same again, or somebody else has taken it over, it is as recorded again.
void ReplayedRun::follow_reality(Played& service, const PastSituation& then) {
  if (service.reality == Played::Reality::as_recorded) return;
  const auto state = then.decision.state;
  const bool is_of_others = state == ServiceState::held || state == ServiceState::absent;
  service.has_been_up_since = service.has_been_up_since || is_good(then);
  const bool is_gone = !then.decision.is_alive && state != ServiceState::unknown;
  const bool is_same =
      service.reality == Played::Reality::taken_for_up ? is_good(then) : service.has_been_up_since && is_gone;
  if (!is_same && !is_of_others) return;
  service.reality = Played::Reality::as_recorded;
  service.not_given = nullptr;
}

void ReplayedRun::decide_recorded(std::size_t place) {
  const auto& moment = stage_.moments[place];
  const auto& situation = *moment.situation();
  auto& service = *find(moment.service);
  decide(service, moment.instant, &situation);
  const bool was_given = situation.decision.step == RestartStep::restart;
  const bool is_given = service.memo.is_in_flight;
  if (!was_given || is_given || service.reality != Played::Reality::as_recorded) return;
  const auto* order = stage_.orders.at(moment.service, place);
  if (order == nullptr || !order->up_after) return;  // It has changed nothing.
  service.reality = Played::Reality::taken_as_before;
  service.before = &situation;
  service.not_given = order;
  service.has_been_up_since = false;
}

/// People order what they ordered then, whatever this configuration does; and what came of it is recorded.
void ReplayedRun::take_demand(Played& service, const PastDemand& past, Instant now) {
  if (past.kind == PastDemand::Kind::cleared) {
    service.memo = cleared(std::move(service.memo));
    return;
  }
  if (past.kind == PastDemand::Kind::refused) {
    service.memo = service.memo_before_order;
    return;
  }
  if (past.kind == PastDemand::Kind::done) {
    service.memo = note_demand_outcome(
        std::move(service.memo), *service.rules, stage_.config.restart_policy, past.demand,
        {.has_succeeded = past.has_succeeded, .jitter = past.jitter, .at = now});
    service.look = now + look_takes;
    return;
  }
  service.order.reset();
  service.comes_up.reset();
  service.is_order_recorded = false;
  service.reality = Played::Reality::as_recorded;
  service.not_given = nullptr;
  service.memo_before_order = service.memo;
  service.memo = note_demand(std::move(service.memo), past.demand, now);
  if (past.demand != Demand::stop) guard_.note_restart(now);
}

/// Of an order that is not given now nothing comes.
void ReplayedRun::take_outcome(Played& service, const PastOutcome& outcome, Instant now) {
  if (!std::exchange(service.is_order_recorded, false)) return;
  if (outcome.is_policy) {
    guard_.take_back_restart(service.memo.attempt_began.value_or(now));
    service.memo = service.memo_before_order;  // What forbids it is recorded with what is seen next.
    return;
  }
  service.memo = note_outcome(std::move(service.memo), *service.rules, stage_.config.restart_policy,
                              {.has_succeeded = outcome.has_succeeded, .jitter = outcome.jitter, .at = now});
  service.look = now + look_takes;
  decide(service, now);
}

}  // namespace systemcheck
