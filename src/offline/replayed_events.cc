#include <algorithm>
#include <utility>

#include "decide/dependency.h"
#include "offline/replayed_run.h"

// What happens by itself between two recorded moments.

namespace systemcheck {
namespace {

/// policy-rc.d is asked again after this.
constexpr Duration policy_holds_for = std::chrono::minutes{1};
/// Nothing wakes in the moment in which it was decided upon.
constexpr Duration wakes_after = std::chrono::milliseconds{1};

std::string words_of(const PastOrder& order) {
  if (order.outcome.is_policy) return "forbidden: " + order.outcome.words;
  if (!order.outcome.has_succeeded) return "it failed: " + order.outcome.words;
  return order.up_after ? "it came up" : "it did not come up";
}

/// What the daemon writes down: SituationFilter.
bool is_news(const Played& service, const RestartChoice& choice) {
  return choice.state != service.state || choice.step == RestartStep::restart || choice.is_newly_due ||
         choice.newly_suppressed || choice.attempt_failed ||
         choice.memo.gone_sightings != service.memo.gone_sightings;
}

}  // namespace

Status ReplayedRun::advance(Instant until) {
  for (steps_ = 0; steps_ < steps_max; ++steps_) {
    const auto next = next_event();
    if (next.service == nullptr || next.at >= until) return Nothing{};
    happen(next);
  }
  return Error{Error::Kind::failed, "the decisions do not settle with this configuration"};
}

ReplayedRun::Next ReplayedRun::next_event() {
  Next next;
  const auto consider = [&next](Played& service, const std::optional<Instant>& at, Event event) {
    if (at && (next.service == nullptr || *at < next.at))
      next = {.at = *at, .event = event, .service = &service};
  };
  for (const auto& service : services_) {
    if (service->order) consider(*service, service->order->ends, Event::order_ends);
    consider(*service, service->comes_up, Event::comes_up);
    consider(*service, service->look, Event::looks);
    consider(*service, service->wake, Event::wakes);
  }
  return next;
}

void ReplayedRun::happen(const Next& next) {
  switch (next.event) {
    case Event::order_ends:
      return end_order(*next.service, next.at);
    case Event::comes_up:
      return come_up(*next.service, next.at);
    case Event::looks:
      return look(*next.service, next.at);
    case Event::wakes:
      return wake(*next.service, next.at);
  }
}

bool ReplayedRun::is_told_soon(const Played& service, Instant now) const {
  if (service.reality != Played::Reality::as_recorded || service.places.empty()) return false;
  return stage_.moments[service.places.front()].instant <= now + told_within;
}

void ReplayedRun::wake(Played& service, Instant now) {
  service.wake.reset();
  if (service.wakes_to_look && !service.look) service.look = now + look_takes;
  decide(service, now);
}

void ReplayedRun::look(Played& service, Instant now) {
  service.look.reset();
  service.sight_at = now;
  service.is_new_sight = true;
  decide(service, now);
}

void ReplayedRun::end_order(Played& service, Instant now) {
  const auto order = *std::exchange(service.order, std::nullopt);
  service.look = now + look_takes;
  if (order.is_policy) {
    guard_.take_back_restart(service.memo.attempt_began.value_or(now));
    service.memo = service.memo_before_order;
    service.policy_until = now + policy_holds_for;
    return decide(service, now);
  }
  service.memo = note_outcome(std::move(service.memo), *service.rules, stage_.config.restart_policy,
                              {.has_succeeded = order.has_succeeded, .at = now});
  if (order.has_succeeded && order.up_after) service.comes_up = now + *order.up_after;
  decide(service, now);
}

/// The engine looks again by itself until it sees that.
void ReplayedRun::come_up(Played& service, Instant) {
  service.comes_up.reset();
  service.not_given = nullptr;
  service.reality = is_good(*service.seen) ? Played::Reality::as_recorded : Played::Reality::taken_for_up;
}

std::optional<RestartChoice> ReplayedRun::choose(Played& service, Instant now,
                                                 const PastSituation* recorded) {
  auto situation = situation_now(service, now);
  const bool has_drawn = recorded != nullptr && recorded->decision.attempt_failed;
  if (has_drawn) situation.jitter = recorded->situation.jitter;
  situation.waits_for = waits_for(service);
  const auto guard_before = guard_;
  auto choice = decide_on_machine(rules_of(service), service.memo, situation, now);
  const bool is_left_to_record =
      recorded == nullptr && is_told_soon(service, now) && is_news(service, choice);
  if (!is_left_to_record) return choice;
  guard_ = guard_before;
  return std::nullopt;
}

void ReplayedRun::decide(Played& service, Instant now, const PastSituation* recorded) {
  const auto chosen = choose(service, now, recorded);
  if (!chosen) return;
  const auto& choice = *chosen;
  const bool has_changed = std::exchange(service.state, choice.state) != choice.state;
  const bool is_restart = choice.step == RestartStep::restart;
  service.is_new_sight = false;
  service.memo = choice.memo;
  service.is_alive = choice.is_alive;
  note_down(service, now);
  if (choice.is_alive) guard_.note_recovery(service.rules->name);
  plan_wake(service, choice, now);
  if (has_changed || choice.has_come_up) wake_dependents(service.rules->name, now);
  if (choice.step == RestartStep::look_now && !service.look) service.look = now + look_takes;
  const auto taken = is_restart ? begin_order(service, now, recorded) : std::string{};
  if (has_changed || is_restart || choice.newly_suppressed) say(service, choice, taken, now);
}

void ReplayedRun::say(const Played& service, const RestartChoice& choice, const std::string& taken,
                      Instant now) {
  Said said{.at = wall(now),
            .instant = now,
            .run = run_,
            .state = choice.state,
            .is_restart = choice.step == RestartStep::restart,
            .attempt = service.memo.attempts,
            .withheld = choice.newly_suppressed,
            .reason = choice.reason,
            .taken = taken,
            .is_after_end = is_after_end_};
  if (choice.newly_suppressed && choice.wake_at) said.until = wall(*choice.wake_at);
  stage_.said[service.rules->name].push_back(std::move(said));
}

void ReplayedRun::plan_wake(Played& service, const RestartChoice& choice, Instant now) {
  service.wake.reset();
  service.wakes_to_look = choice.step == RestartStep::look_again;
  if (choice.wake_at) service.wake = std::max(*choice.wake_at, now + wakes_after);
}

std::string ReplayedRun::begin_order(Played& service, Instant now, const PastSituation* recorded) {
  service.memo_before_order = service.memo;
  service.memo = note_attempt(std::move(service.memo), now);
  guard_.note_restart(now);
  if (recorded != nullptr && recorded->decision.step == RestartStep::restart) {
    service.is_order_recorded = true;
    service.reality = Played::Reality::as_recorded;
    return {};
  }
  const auto* model = service.not_given;
  if (model == nullptr) model = stage_.orders.nearest(service.rules->name, place_);
  if (model == nullptr) {
    service.order = TakenOrder{.ends = now + look_takes, .up_after = Duration{}};
    return "no order of it is recorded: taken to come up at once";
  }
  service.order = TakenOrder{.ends = now + model->took,
                             .has_succeeded = model->outcome.has_succeeded,
                             .is_policy = model->outcome.is_policy,
                             .up_after = model->up_after};
  service.policy = model->outcome.words;
  return "taken to end as that of " + wall_time_text(model->at) + ": " + words_of(*model);
}

std::string ReplayedRun::waits_for(const Played& service) {
  return find_cause_to_wait(*service.rules, [this](std::string_view name) -> std::optional<Standing> {
    const auto* other = find(std::string(name));
    if (other == nullptr || other->seen == nullptr) return std::nullopt;
    return Standing{.rules = *other->rules, .memo = other->memo, .state = other->state};
  });
}

MachineRules ReplayedRun::rules_of(const Played& service) {
  const auto watched = std::ranges::count_if(services_, [](const auto& it) { return it->memo.was_up; });
  return {.service = *service.rules,
          .policy = stage_.config.restart_policy,
          .guard = guard_,
          .watched = static_cast<std::size_t>(watched)};
}

void ReplayedRun::wake_dependents(const std::string& name, Instant now) {
  for (const auto& service : services_) {
    if (!may_wait_for(*service->rules, service->memo, name)) continue;
    service->wake = now;
    service->wakes_to_look = false;
  }
}

/// What belongs to others, or cannot be read, is not taken for down.
void ReplayedRun::note_down(Played& service, Instant now) {
  const auto& name = service.rules->name;
  const auto since = down_since_.find(name);
  if (since != down_since_.end())
    stage_.longest_down[name] = std::max(stage_.longest_down[name], now - since->second);
  if (service.state == ServiceState::unknown) return;
  const bool is_down =
      !service.is_alive && service.state != ServiceState::held && service.state != ServiceState::absent;
  if (!is_down) down_since_.erase(name);
  if (is_down) down_since_.try_emplace(name, now);
}

WallTime ReplayedRun::wall(Instant instant) const { return last_at_ + (instant - last_instant_); }

}  // namespace systemcheck
