#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "base/severity.h"
#include "base/text.h"
#include "check/probes.h"
#include "daemon/supervised.h"
#include "daemon/supervision.h"
#include "decide/dependency.h"
#include "decide/verification.h"

// What is decided of a service, and how it is carried out.

namespace systemcheck {
namespace {

std::string outcome_words(const Outcome& outcome) {
  switch (outcome.kind) {
    case Outcome::Kind::succeeded:
      return "done";
    case Outcome::Kind::failed:
      return outcome.exit_code < 0 ? fmt::format("ended by signal {}", -outcome.exit_code)
                                   : fmt::format("exit code {}", outcome.exit_code);
    case Outcome::Kind::timed_out:
      return "timed out";
    case Outcome::Kind::refused:
      return "refused";
    case Outcome::Kind::lost:
      break;
  }
  return "lost";
}

/// Where there is only a restart command, or a unit, it starts what is not there, too.
Verb verb_of(const Service& rules, const std::string& init_script, Rung rung) {
  const bool has_only_restart = rules.start.empty() && !rules.restart.empty();
  switch (rung) {
    case Rung::start:
      return is_started_by_hand(rules, init_script) && !has_only_restart ? Verb::start : Verb::restart;
    case Rung::reload:
      return Verb::reload;
    case Rung::restart:
      return Verb::restart;
    case Rung::stop_and_start:
      break;
  }
  return Verb::stop_start;
}

Health health_of(const ProbeFinding& probes) {
  switch (probes.kind) {
    case ProbeFinding::Kind::fine:
      return {};
    case ProbeFinding::Kind::unproven:
      return {Health::Kind::unproven, probes.reason};
    case ProbeFinding::Kind::complains:
      return {Health::Kind::complains, probes.reason};
    case ProbeFinding::Kind::failing:
      break;
  }
  return {probes.result == ProbeClass::timeout ? Health::Kind::hangs : Health::Kind::fails, probes.reason};
}

Health health_of(const ResourceFinding& resources) {
  if (!resources.is_broken) return {};
  return {resources.wants_restart ? Health::Kind::too_big : Health::Kind::complains, resources.reason};
}

/// The graver of both; Health::Kind ascends.
Health health_of(const ProbeFinding& probes, const ResourceFinding& resources) {
  auto by_probes = health_of(probes);
  auto by_resources = health_of(resources);
  return by_resources.kind > by_probes.kind ? by_resources : by_probes;
}

}  // namespace

bool Supervision::is_going_down() const {
  return world_.units.manager() == Manager::stopping || surroundings_.is_going_down();
}

RestartSituation Supervision::situation_of(const Supervised& service) const {
  RestartSituation situation;
  const auto now = world_.loop.now();
  situation.evidence.finding = check_service(service.rules, service.sight);
  const bool was_never_seen = service.sight_at == Instant{};
  situation.evidence.is_stale =
      was_never_seen || now - service.sight_at > cycles_until_stale * config_->cycle;
  if (was_never_seen) situation.evidence.finding = {Presence::unknown, "not looked at yet"};
  situation.evidence.main_died = service.died_at.has_value();
  situation.evidence.end = service.end;
  situation.evidence.manager = world_.units.manager();
  const bool is_systemd_there = situation.evidence.manager != Manager::absent;
  situation.evidence.has_unit = has_systemd_ && !service.row.unit.empty();
  situation.evidence.is_outside = service.is_main_outside;
  situation.evidence.is_stop_older = service.is_stop_older;
  if (is_systemd_there) situation.evidence.unit = service.unit;
  if (is_going_down()) situation.evidence.manager = Manager::stopping;
  situation.evidence.was_turned_off = service.was_turned_off;
  situation.evidence.unit_file_state_when_up = service.unit_file_state_when_up;
  situation.sight_at = service.sight_at;
  situation.is_new_sight = service.is_new_sight;
  if (!service.died_at) situation.main = service.sight.main;
  if (is_port_looked_for(service.memo) && service.sight.ports)
    situation.port_stranger = service.sight.ports->stranger;
  situation.has_way = is_started_by_hand(service.rules, service.sight.init_script) ||
                      (situation.evidence.unit && situation.evidence.unit->load_state == "loaded");
  situation.uptime = now.time_since_epoch();  // CLOCK_MONOTONIC counts from boot, clock_gettime(2).
  situation.jitter = world_.draw_jitter();
  situation.is_machine_busy = is_machine_busy_;
  if (const auto* claim = service.claims.standing(now)) {
    situation.claim = *claim;
    situation.claim->reason = claim_words(*claim);
  } else if (const bool is_gone = service.died_at || !service.sight.main; is_gone) {
    if (auto veto = start_veto(service); !veto.empty())
      situation.claim =
          Claim{.owner = Owner::shed, .origin = ClaimOrigin::own, .reason = std::move(veto), .since = now};
  }
  situation.under_way = under_way(service);
  situation.health = health_of(check_probes(service.probes), service.resources);
  situation.waits_for = waits_for(service);
  situation.evidence.upgrade = surroundings_.upgrade();
  if (!situation.evidence.upgrade) situation.evidence.upgrade = upgrade_by_policy(service.policy, now);
  situation.kill_switch = surroundings_.kill_switch();
  return situation;
}

MachineRules Supervision::machine_rules(const Supervised& service) {
  const auto watched = std::ranges::count_if(services_, [](const auto& it) { return it->memo.was_up; });
  return {.service = service.rules,
          .policy = config_->restart_policy,
          .guard = host_guard_,
          .watched = static_cast<std::size_t>(watched)};
}

std::string Supervision::waits_for(const Supervised& service) const {
  return find_cause_to_wait(service.rules, [this](std::string_view name) -> std::optional<Standing> {
    const auto index = index_of(name);
    if (index == services_.size()) return std::nullopt;
    const auto& other = *services_[index];
    return Standing{.rules = other.rules,
                    .memo = other.memo,
                    .state = other.row.state,
                    .is_word_awaited = has_systemd_ && !other.row.unit.empty() && !other.unit};
  });
}

void Supervision::note_deaths_seen(Instant now) {
  for (const auto& service : services_) {
    auto situation = situation_of(*service);
    note_death_on_machine(machine_rules(*service), service->memo, situation, now);
  }
}

Supervision::Decided Supervision::decide(Supervised& service, Instant now) {
  Decided decided{.situation = situation_of(service)};
  decided.choice = decide_on_machine(machine_rules(service), service.memo, decided.situation, now);
  return decided;
}

void Supervision::reconsider(std::size_t index) {
  auto& service = *services_[index];
  const auto now = world_.loop.now();
  refresh_claims(service);
  consider_order(index);
  auto decided = decide(service, now);
  // Before anything is touched it is asked once more what forbids it: a package that is being upgraded
  // kills its daemon within the same millisecond in which it is seen dead.
  const bool would_act = decided.choice.step == RestartStep::restart;
  if (would_act && look_around(service)) decided = decide(service, now);
  record_situation(service, decided, now);
  service.is_new_sight = false;
  service.memo = decided.choice.memo;
  note_stop_seen(service, decided.choice);
  carry_out(index, decided.choice);
  judge_order(index, decided.choice);
  remember_claims(service);
}

void Supervision::carry_out(std::size_t index, const RestartChoice& choice) {
  auto& service = *services_[index];
  auto& row = service.row;
  const bool has_settled = choice.state != ServiceState::suspect && choice.state != ServiceState::unknown;
  if (service.is_death_uncounted && has_settled) {
    ++row.deaths_total.at(static_cast<std::size_t>(death_cause(service.unit, service.end)));
    service.is_death_uncounted = false;
  }
  if (choice.attempt_failed) note_failure(service, "not up", choice.reason);
  if (choice.newly_suppressed) ++row.suppressed_total.at(static_cast<std::size_t>(*choice.newly_suppressed));
  const bool has_come_up = choice.state == ServiceState::up && row.state != ServiceState::up;
  const bool is_news = choice.state != row.state;
  if (!service.ordered && !service.awaits_gone) record_verdict(service, choice);
  record_would_have(index, choice);
  const auto* claim = service.claims.standing(world_.loop.now());
  const auto owner = claim != nullptr ? std::min(choice.owner, claim->owner) : choice.owner;
  // What an administrator stops is systemd's while it stops, and his from then on: held all the time.
  const bool was_told = std::exchange(service.is_owner_told, false);
  const bool is_owner_news = owner != row.owner && !was_told;
  if (is_news || is_owner_news) record_state(service, choice, owner);
  if (is_news) note_state(service, choice);
  row.owner = owner;
  const bool is_held_alive = claim != nullptr && choice.is_alive;
  row.reason = printable(is_held_alive ? choice.reason + "; " + claim_words(*claim) : choice.reason);
  row.status = severity_of(choice.state);
  row.is_at_cap = is_at_cap(config_->restart_policy, service.memo);
  if (choice.is_alive) {
    host_guard_.note_recovery(service.rules.name);
    row.last_up = world_.loop.wall_now();
    service.unit_file_state_when_up =
        note_unit_file_state(std::move(service.unit_file_state_when_up), service.unit, has_come_up);
  }
  plan_wake(index, choice);
  hooks_.row_changed();
  if (is_news || choice.has_come_up) wake_dependents(service.rules.name);
  if (choice.step == RestartStep::look_now) hooks_.look_wanted();
  if (choice.step == RestartStep::restart) restart(index, choice.rung);
  remember(service);
}

void Supervision::plan_wake(std::size_t index, const RestartChoice& choice) {
  auto& service = *services_[index];
  service.wake.cancel();
  auto when = choice.wake_at;
  const auto claim_end = service.claims.next_end(world_.loop.now());
  if (claim_end && (!when || *claim_end < *when)) when = claim_end;
  if (!when) return;
  service.wake = world_.loop.at(*when, [this, index, step = choice.step] {
    if (step == RestartStep::look_again) hooks_.look_wanted();
    reconsider(index);
  });
}

/// Later, not now: this may be in the middle of a round over all of them.
void Supervision::wake_dependents(const std::string& name) {
  for (std::size_t i = 0; i < services_.size(); ++i) {
    if (!may_wait_for(services_[i]->rules, services_[i]->memo, name)) continue;
    services_[i]->wake = world_.loop.at(world_.loop.now(), [this, i] { reconsider(i); });
  }
}

/// What its last start has brought back was up when it was first seen so: that it was watched further is no
/// time in which it was down.
Instant Supervision::up_since(const Supervised& service, Instant now) {
  const auto& since = service.memo.up_since;
  return since && *since >= service.action_began ? *since : now;
}

void Supervision::note_state(Supervised& service, const RestartChoice& choice) {
  auto& row = service.row;
  const auto now = world_.loop.now();
  const bool is_bad = severity_of(choice.state) == CheckStatus::critical;
  const bool is_back = choice.is_alive && service.down_since.has_value();
  auto line = fmt::format("{}: {}: {}", row.name, word(choice.state), choice.reason);
  const auto back_at = up_since(service, now);
  if (is_back) line += "; back after " + duration_words(back_at - *service.down_since);
  if (choice.newly_suppressed == Suppressed::observe) line += "; would restart it, but only observes";
  // A preset that is not here is no news, and of a restart its own line tells more.
  const bool is_no_news = service.rules.is_discovered && choice.state == ServiceState::absent;
  const bool is_worth_saying = !is_no_news && choice.step != RestartStep::restart;
  if (is_worth_saying) world_.journal.write(is_bad ? Severity::warning : Severity::notice, line);
  if (choice.is_alive) {
    if (is_back) row.last_restart_duration = back_at - service.action_began;
    service.down_since.reset();
  }
  if (is_out_of_service(row.state)) row.downtime_total += now - row.state_since_instant;
  row.state = choice.state;
  row.state_since = world_.loop.wall_now();
  row.state_since_instant = now;
}

Order Supervision::order_for(std::size_t index, Rung rung) {
  const auto& service = *services_[index];
  const auto& rules = service.rules;
  const bool is_by_hand = is_started_by_hand(rules, service.sight.init_script);
  const bool still_runs = service.sight.main.has_value() && !service.died_at;
  // What still runs outside its unit may need as long to end as it would there.
  const Duration patience = std::max<Duration>(Order{}.kill_after, rules.stop_timeout * 2 / 3);
  // Workers that outlived their main process; sessions of its users are not among the members.
  return {.ticket = ++last_ticket_,
          .service = index,
          .verb = verb_of(rules, service.sight.init_script, rung),
          .leftovers = is_by_hand ? service.sight.members : service.sight.outside,
          // By then: it is dead, or one of the leftovers. systemd reaps its own.
          .dead_main = is_by_hand || service.is_main_outside ? service.last_main : std::nullopt,
          .deadline = rules.stop_timeout + rules.start_timeout,
          .stop_within = rules.stop_timeout,
          .still_runs = still_runs,
          .asks_policy = !service.policy || world_.loop.now() - service.policy->since < upgrade_hold_max,
          .kill_after = still_runs && !is_by_hand ? patience : Order{}.kill_after};
}

void Supervision::restart(std::size_t index, Rung rung) {
  auto& service = *services_[index];
  const auto now = world_.loop.now();
  const auto order = order_for(index, rung);
  if (service.action) put_verdict(service, false, "it was not seen to be up before the next attempt");
  service.memo_before_order = service.memo;
  service.memo = note_attempt(std::move(service.memo), now);
  host_guard_.note_restart(now);
  remember_host_guard();
  service.down_since = service.memo.gone_since.value_or(now);
  service.end.reset();  // Of what is started now nothing is known.
  service.row.last_restart = world_.loop.wall_now();
  world_.journal.write(Severity::warning, fmt::format("{}: restarting it, attempt {}: {}", service.rules.name,
                                                      service.memo.attempts, service.row.reason));
  service.action_began = now;
  service.has_action_ended = false;
  auto intention = intention_of(service, order, service.row.reason);
  service.tried = intention.command;
  service.action = world_.ledger->intend(std::move(intention), [this, index, order] {
    actuator_->begin(order, [this, index](const Outcome& outcome) { note_outcome_of(index, outcome); });
  });
}

/// Nothing was tried, so nothing counts and nothing is used up: it is as if packages were being changed.
/// Asked again after a while.
void Supervision::note_policy_refusal(Supervised& service, const Outcome& outcome) {
  const auto now = world_.loop.now();
  const bool is_news = !service.policy;
  service.policy = {.reason = outcome.detail,
                    .since = service.policy ? service.policy->since : now,
                    .until = now + policy_asked_again_after};
  host_guard_.take_back_restart(service.action_began);
  remember_host_guard();
  service.memo = service.memo_before_order;
  record_moment(service.rules.name, PastOutcome{.is_policy = true, .words = outcome.detail}, now);
  service.down_since.reset();
  service.row.last_outcome = outcome.kind;
  service.row.last_exit = outcome.exit_code;
  if (is_news) world_.journal.write(Severity::warning, service.rules.name + ": " + outcome.detail);
  record_outcome(service, outcome);
  hooks_.look_wanted();
  note_time();  // Others may have waited for what it did not use.
}

/// Whoever is called at night can try the same by hand. Of what a person has ordered he is told himself.
void Supervision::note_failure(Supervised& service, std::string_view how, std::string_view detail) {
  ++service.row.restart_failures_total;
  if (service.ordered) return;
  world_.journal.write(Severity::error,
                       fmt::format("{}: the restart did not succeed ({}): {}; what was tried: {}",
                                   service.rules.name, how, detail, service.tried));
}

void Supervision::note_outcome_of(std::size_t index, const Outcome& outcome) {
  auto& service = *services_[index];
  if (outcome.refusal == Outcome::Refusal::policy) return note_policy_refusal(service, outcome);
  // Not before it is known that it was tried: what was published never goes back.
  ++service.row.restarts_total;
  const bool has_succeeded = outcome.kind == Outcome::Kind::succeeded;
  if (has_succeeded) service.policy.reset();
  const auto now = world_.loop.now();
  const auto jitter = world_.draw_jitter();
  record_moment(
      service.rules.name,
      PastOutcome{.has_succeeded = has_succeeded, .jitter = jitter, .words = outcome_words(outcome)}, now);
  service.memo = note_outcome(std::move(service.memo), service.rules, config_->restart_policy,
                              {.has_succeeded = has_succeeded, .jitter = jitter, .at = now});
  service.row.last_outcome = outcome.kind;
  service.row.last_exit = outcome.exit_code;
  record_outcome(service, outcome);
  if (!has_succeeded) note_failure(service, outcome_words(outcome), outcome.detail);
  hooks_.look_wanted();
  reconsider(index);
}

}  // namespace systemcheck
