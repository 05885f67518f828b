#include "decide/restarts.h"

#include <algorithm>
#include <utility>

#include "decide/flapping.h"
#include "decide/verification.h"

namespace systemcheck {
namespace {

using Kind = Cause::Kind;

constexpr std::uint32_t sightings_needed = 2;  // "confirmed by one more look"
constexpr std::uint32_t attempts_max = 64;     // enough to reach any cap by doubling

struct Rules {
  const Service& service;
  const RestartPolicy& policy;
};

RestartChoice stand_by(RestartMemo memo, ServiceState state, std::string reason) {
  RestartChoice choice;
  choice.state = state;
  choice.reason = std::move(reason);
  choice.memo = std::move(memo);
  return choice;
}

RestartChoice withhold(RestartChoice choice, Suppressed why) {
  if (choice.memo.suppressed != why) choice.newly_suppressed = why;
  choice.memo.suppressed = why;
  return choice;
}

void forget_being_gone(RestartMemo& memo) {
  memo.was_up = true;
  memo.gone_sightings = 0;
  memo.suspect_since.reset();
  memo.gone_since.reset();
  memo.is_death_counted = false;
  end_verification(memo);
}

RestartChoice decide_healthy(const RestartPolicy& policy, RestartMemo memo, const RestartSituation& situation,
                             std::string reason, Instant now) {
  forget_being_gone(memo);
  memo.suppressed.reset();
  if (!memo.up_since) memo.up_since = now;
  const auto healthy_at = *memo.up_since + policy.reset_after;
  if (memo.attempts > 0 && now >= healthy_at) {
    memo.attempts = 0;
    memo.next_attempt.reset();
  }
  memo.is_port_lost = memo.is_port_lost && situation.port_stranger;
  const bool is_complete = situation.evidence.finding.presence == Presence::present;
  const bool is_fine = is_complete && situation.health.kind != Health::Kind::complains && !memo.is_port_lost;
  if (is_complete && !is_fine) reason = situation.health.reason;
  if (memo.is_port_lost) reason = stranger_words(*situation.port_stranger);
  auto choice =
      stand_by(std::move(memo), is_fine ? ServiceState::up : ServiceState::degraded, std::move(reason));
  choice.is_alive = true;
  if (choice.memo.attempts > 0) choice.wake_at = healthy_at;
  if (!choice.memo.is_flapping) return choice;
  choice.state = ServiceState::flapping;
  choice.reason = "it runs, after it has died again and again";
  const auto flapping_ends = flapping_end(policy.flapping, choice.memo);
  if (flapping_ends && (!choice.wake_at || *flapping_ends < *choice.wake_at)) choice.wake_at = flapping_ends;
  return choice;
}

RestartChoice decide_held(RestartMemo memo, Owner owner, std::string reason) {
  memo.suspect_since.reset();
  auto choice = stand_by(std::move(memo), ServiceState::held, std::move(reason));
  choice.owner = owner;
  return withhold(std::move(choice), suppressed_by(owner));
}

/// Looked at again and again: an upgrade may end without anything that would tell.
RestartChoice decide_upgrade(RestartMemo memo, std::string reason, Instant now) {
  auto choice = decide_held(std::move(memo), Owner::upgrade, std::move(reason));
  choice.step = RestartStep::look_again;
  choice.wake_at = now + look_again_in_upgrade;
  return choice;
}

Instant next_look(Duration first, Instant since, Instant now) {
  return now + std::clamp<Duration>((now - since) / 10, first, look_again_after_max);
}

RestartChoice decide_unsettled(RestartMemo memo, std::string reason, Instant now) {
  if (!memo.suspect_since) memo.suspect_since = now;
  auto choice = stand_by(std::move(memo), ServiceState::suspect, std::move(reason));
  choice.step = RestartStep::look_again;
  choice.wake_at = next_look(look_again_after, *choice.memo.suspect_since, now);
  return choice;
}

/// What keeps a restart that is due from being done now.
struct Obstacle {
  Suppressed why = Suppressed::unknown;
  std::string reason{};
  std::optional<Instant> until{};
};

RestartChoice put_off(RestartChoice choice, const Obstacle& obstacle) {
  choice.state = choice.memo.is_flapping ? ServiceState::flapping : ServiceState::waiting;
  if (!obstacle.reason.empty()) choice.reason += "; " + obstacle.reason;
  choice.wake_at = obstacle.until;
  return withhold(std::move(choice), obstacle.why);
}

std::optional<Obstacle> find_dependency(const RestartMemo& memo, const RestartSituation& situation,
                                        Instant now) {
  if (situation.waits_for.empty() || !memo.gone_since) return std::nullopt;
  const auto until = *memo.gone_since + dependency_wait_max;
  if (now >= until) return std::nullopt;
  return Obstacle{Suppressed::dependency, "waits for " + situation.waits_for, until};
}

std::optional<Obstacle> find_pause(const RestartPolicy& policy, const RestartMemo& memo, Instant now) {
  const auto pause_end = memo.next_attempt.value_or(now);
  if (memo.is_flapping && memo.attempt_began) {
    const auto until = std::max(pause_end, *memo.attempt_began + policy.backoff_max);
    if (now >= until) return std::nullopt;
    return Obstacle{Suppressed::flapping, "it dies again and again", until};
  }
  if (now >= pause_end) return std::nullopt;
  return Obstacle{Suppressed::backoff, {}, pause_end};
}

/// Its own pause first: what a service does itself tells more than what others keep it waiting for.
std::optional<Obstacle> find_obstacle(const Rules& rules, const RestartMemo& memo,
                                      const RestartSituation& situation, Instant now) {
  if (auto pause = find_pause(rules.policy, memo, now)) return pause;
  if (auto dependency = find_dependency(memo, situation, now)) return dependency;
  if (!situation.host.until || *situation.host.until <= now) return std::nullopt;
  return Obstacle{Suppressed::host_limit, situation.host.reason, situation.host.until};
}

Rung choose_rung(const Service& service, const RestartMemo& memo, const RestartSituation& situation,
                 bool is_alive) {
  if (!is_alive) return Rung::start;
  const bool may_listen = situation.health.kind == Health::Kind::fails && !service.reload.empty();
  const std::uint32_t step = memo.attempts + (may_listen ? 0U : 1U);
  if (step == 0) return Rung::reload;
  return step == 1 ? Rung::restart : Rung::stop_and_start;
}

bool is_death_newer_than_sight(const GoneEvidence& evidence) {
  return evidence.main_died && evidence.finding.presence != Presence::gone;
}

/// It is gone, or of no use, and nobody else owns it: now, later, or not at all.
RestartChoice decide_due(const Rules& rules, RestartMemo memo, const RestartSituation& situation, Cause cause,
                         Instant now) {
  const auto& service = rules.service;
  // What it has left behind must be known, and whether somebody has started it since; systemd knows by
  // itself.
  const bool is_unseen = is_death_newer_than_sight(situation.evidence);
  const bool is_looked_at = cause.is_systemds || (now - situation.sight_at <= fresh_for && !is_unseen);
  const bool is_newly_due = !std::exchange(memo.is_death_counted, true);
  if (is_newly_due && memo.was_up) note_flapping_death(rules.policy.flapping, memo, now);
  const bool is_first = memo.attempts == 0 && !memo.next_attempt;
  if (is_first) memo.next_attempt = now + rules.policy.first;

  auto choice = stand_by(std::move(memo), ServiceState::down, std::move(cause.reason));
  choice.is_newly_due = is_newly_due;
  choice.is_alive = cause.kind == Kind::alive;
  if (choice.is_alive) choice.state = ServiceState::degraded;
  if (service.mode == Mode::disabled) return choice;
  if (service.mode == Mode::observe) return withhold(std::move(choice), Suppressed::observe);
  if (!situation.kill_switch.empty()) {
    choice.reason += "; not acted upon, kill switch: " + situation.kill_switch;
    return withhold(std::move(choice), Suppressed::maintenance);
  }
  if (!situation.has_way) {
    choice.reason += "; no unit and no start command to restart it with";
    return withhold(std::move(choice), Suppressed::unknown);
  }
  if (auto obstacle = find_obstacle(rules, choice.memo, situation, now))
    return put_off(std::move(choice), *obstacle);
  if (!is_looked_at) {
    if (!is_unseen) choice.state = ServiceState::waiting;
    choice.step = RestartStep::look_now;
    choice.wake_at = now + fresh_for;
    return choice;
  }
  choice.state = ServiceState::restarting;
  choice.step = RestartStep::restart;
  choice.rung = choose_rung(service, choice.memo, situation, choice.is_alive);
  return choice;
}

/// A restart that was due, or the death of what was up, is withheld as long as the reading fails; what
/// another owner holds is not due.
RestartChoice decide_unknown(const Rules& rules, RestartMemo memo, const RestartSituation& situation,
                             std::string reason) {
  const bool is_ours = rules.service.mode == Mode::act && !situation.claim && !situation.evidence.upgrade;
  const bool is_due = memo.is_death_counted || (memo.was_up && situation.evidence.main_died);
  auto choice = stand_by(std::move(memo), ServiceState::unknown, std::move(reason));
  return is_ours && is_due ? withhold(std::move(choice), Suppressed::unknown) : choice;
}

RestartChoice decide_overloaded(RestartMemo memo, const RestartSituation& situation) {
  auto choice = stand_by(std::move(memo), ServiceState::overloaded,
                         situation.health.reason + "; the machine is too busy for that to prove anything");
  choice.is_alive = true;
  return withhold(std::move(choice), Suppressed::overloaded);
}

/// Its main process lives.
RestartChoice decide_alive(const Rules& rules, RestartMemo memo, const RestartSituation& situation,
                           Cause cause, Instant now) {
  using Health = Health::Kind;
  const auto health = situation.health.kind;
  const bool is_of_use = health == Health::fine || health == Health::unproven || health == Health::complains;
  if (is_of_use)
    return decide_healthy(rules.policy, std::move(memo), situation, std::move(cause.reason), now);
  memo.up_since.reset();
  end_verification(memo);
  if (!memo.gone_since) memo.gone_since = now;
  if (health == Health::hangs && situation.is_machine_busy)
    return decide_overloaded(std::move(memo), situation);
  cause.reason = situation.health.reason;
  if (situation.claim || situation.evidence.upgrade) {
    auto choice = stand_by(std::move(memo), ServiceState::degraded, std::move(cause.reason));
    choice.is_alive = true;
    return withhold(std::move(choice),
                    suppressed_by(situation.claim ? situation.claim->owner : Owner::upgrade));
  }
  return decide_due(rules, std::move(memo), situation, std::move(cause), now);
}

RestartChoice decide_confirmation(const Rules& rules, RestartMemo memo, const RestartSituation& situation,
                                  Cause cause, Instant now) {
  if (memo.gone_sightings < sightings_needed)
    return decide_unsettled(std::move(memo), std::move(cause.reason), now);
  return decide_due(rules, std::move(memo), situation, std::move(cause), now);
}

RestartChoice decide_never_started(const Rules& rules, RestartMemo memo, const RestartSituation& situation,
                                   Cause cause, Instant now) {
  if (situation.uptime < boot_grace) {
    auto choice =
        stand_by(std::move(memo), ServiceState::suspect, cause.reason + "; the machine is still starting");
    choice.wake_at = now + (boot_grace - situation.uptime);
    return choice;
  }
  return decide_confirmation(rules, std::move(memo), situation, std::move(cause), now);
}

/// It ended without a failure, and nobody is known to have asked for it: whoever did so by hand may be
/// about to start it again.
RestartChoice decide_ended(const Rules& rules, RestartMemo memo, const RestartSituation& situation,
                           Cause cause, Instant now) {
  const auto grace_end = *memo.gone_since + rules.policy.grace;
  if (now >= grace_end) return decide_confirmation(rules, std::move(memo), situation, std::move(cause), now);
  auto choice =
      stand_by(std::move(memo), ServiceState::suspect,
               cause.reason + "; in case somebody is about to start it, it is left alone for a moment");
  choice.step = RestartStep::look_again;
  choice.wake_at = grace_end;
  return choice;
}

/// Who else owns it, by what systemd says or by a claim: the higher one.
std::optional<Claim> find_owner(const RestartSituation& situation, const Cause& cause) {
  std::optional<Claim> owner;
  if (cause.kind == Kind::shutdown) owner = Claim{.owner = Owner::shutdown, .reason = cause.reason};
  if (cause.kind == Kind::admin) owner = Claim{.owner = Owner::admin, .reason = cause.reason};
  if (cause.kind == Kind::upgrade) owner = Claim{.owner = Owner::upgrade, .reason = cause.reason};
  if (cause.kind == Kind::systemd) owner = Claim{.owner = Owner::systemd, .reason = cause.reason};
  const auto& claim = situation.claim;
  return claim && (!owner || claim->owner < owner->owner) ? claim : owner;
}

RestartChoice decide_gone(const Rules& rules, RestartMemo memo, const RestartSituation& situation,
                          Cause cause, Instant now) {
  memo.up_since.reset();
  memo.is_port_lost = false;
  if (!memo.gone_since) memo.gone_since = now;
  if (situation.is_new_sight && memo.gone_sightings < sightings_needed) ++memo.gone_sightings;
  if (auto owner = find_owner(situation, cause)) {
    if (owner->owner == Owner::upgrade) return decide_upgrade(std::move(memo), std::move(owner->reason), now);
    return decide_held(std::move(memo), owner->owner, std::move(owner->reason));
  }
  switch (cause.kind) {
    case Kind::unsettled:
      return decide_unsettled(std::move(memo), std::move(cause.reason), now);
    case Kind::ended:
      return decide_ended(rules, std::move(memo), situation, std::move(cause), now);
    case Kind::crash_if_confirmed:
      return decide_confirmation(rules, std::move(memo), situation, std::move(cause), now);
    case Kind::never_started:
      return decide_never_started(rules, std::move(memo), situation, std::move(cause), now);
    default:
      return decide_due(rules, std::move(memo), situation, std::move(cause), now);
  }
}

/// Nullopt: nothing is being verified, or no longer.
std::optional<RestartChoice> decide_verification(const RestartPolicy& policy, RestartMemo& memo,
                                                 const RestartSituation& situation, const Cause& cause,
                                                 Instant now) {
  auto finding = judge_verification(memo, situation, cause, now);
  if (finding.kind == StartFinding::Kind::over) return std::nullopt;
  if (finding.kind == StartFinding::Kind::awaited) {
    auto choice = stand_by(memo, ServiceState::restarting, std::move(finding.reason));
    choice.step = RestartStep::look_again;
    choice.is_alive = finding.is_alive;
    choice.has_come_up = finding.has_come_up;
    choice.wake_at = finding.at;
    return choice;
  }
  if (finding.has_died) note_flapping_death(policy.flapping, memo, now);
  memo.next_attempt = now + restart_pause(policy, memo.attempts, situation.jitter);
  auto choice = stand_by(memo, ServiceState::waiting, std::move(finding.reason));
  choice.attempt_failed = true;
  choice.wake_at = now;
  const auto pause = find_pause(policy, memo, now);
  return pause ? put_off(std::move(choice), *pause) : choice;
}

}  // namespace

RestartChoice decide_restart(const Service& service, const RestartPolicy& policy, RestartMemo memo,
                             const RestartSituation& situation, Instant now) {
  auto evidence = situation.evidence;
  evidence.was_up = memo.was_up;
  const auto cause = decide_cause(evidence);
  settle_flapping(policy.flapping, memo, now);
  if (!situation.under_way.empty())
    return stand_by(std::move(memo), ServiceState::restarting, situation.under_way);
  if (memo.is_in_flight) return stand_by(std::move(memo), ServiceState::restarting, "a restart is under way");
  if (auto choice = decide_verification(policy, memo, situation, cause, now)) return *std::move(choice);

  if (cause.kind == Kind::unknown)
    return decide_unknown({service, policy}, std::move(memo), situation, cause.reason);
  if (cause.kind == Kind::absent) return stand_by(std::move(memo), ServiceState::absent, cause.reason);
  if (cause.kind == Kind::alive)
    return decide_alive({service, policy}, std::move(memo), situation, cause, now);
  return decide_gone({service, policy}, std::move(memo), situation, cause, now);
}

RestartMemo note_attempt(RestartMemo memo, Instant now) {
  memo.is_in_flight = true;
  memo.attempts = std::min(memo.attempts + 1, attempts_max);
  memo.attempt_began = now;
  memo.is_port_lost = false;
  memo.suppressed.reset();
  memo.next_attempt.reset();
  return memo;
}

RestartMemo note_outcome(RestartMemo memo, const Service& service, const RestartPolicy& policy,
                         const AttemptEnd& end) {
  memo.is_in_flight = false;
  // Also after a success: a service that dies again at once waits for its turn.
  memo.next_attempt = end.at + restart_pause(policy, memo.attempts, end.jitter);
  if (end.has_succeeded) {
    memo.verify_from = end.at;
    memo.verify_until = std::max(end.at + look_again_after, *memo.attempt_began + service.start_timeout);
  }
  return memo;
}

Duration restart_pause(const RestartPolicy& policy, std::uint32_t attempts, double jitter) {
  auto pause = std::min(policy.backoff, policy.backoff_max);
  for (std::uint32_t i = 1; i < attempts && pause < policy.backoff_max; ++i)
    pause = std::min(pause * 2, policy.backoff_max);
  const double share = 1.0 + jitter_share * std::clamp(jitter, -1.0, 1.0);
  return std::chrono::duration_cast<Duration>(pause * share);
}

bool is_at_cap(const RestartPolicy& policy, const RestartMemo& memo) {
  return memo.attempts > 1 && restart_pause(policy, memo.attempts, 0) >= policy.backoff_max;
}

}  // namespace systemcheck
