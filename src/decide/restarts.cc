#include "decide/restarts.h"

#include <algorithm>
#include <utility>

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

RestartChoice decide_alive(const RestartPolicy& policy, RestartMemo memo, const RestartSituation& situation,
                           std::string reason, Instant now) {
  if (!memo.up_since) memo.up_since = now;
  memo.was_up = true;
  memo.gone_sightings = 0;
  memo.suspect_since.reset();
  memo.suppressed.reset();
  memo.verify_from.reset();
  memo.verify_until.reset();
  const bool is_healthy_again = memo.attempts > 0 && now - *memo.up_since >= policy.reset_after;
  if (is_healthy_again) {
    memo.attempts = 0;
    memo.next_attempt.reset();
  }
  const auto healthy_at = *memo.up_since + policy.reset_after;
  const bool is_complete = situation.evidence.finding.presence == Presence::present;
  auto choice =
      stand_by(std::move(memo), is_complete ? ServiceState::up : ServiceState::degraded, std::move(reason));
  if (choice.memo.attempts > 0) choice.wake_at = healthy_at;
  return choice;
}

RestartChoice decide_held(RestartMemo memo, Owner owner, Suppressed why, std::string reason) {
  memo.suspect_since.reset();
  auto choice = stand_by(std::move(memo), ServiceState::held, std::move(reason));
  choice.owner = owner;
  return withhold(std::move(choice), why);
}

/// Looked at again and again: an upgrade may end without anything that would tell.
RestartChoice decide_upgrade(RestartMemo memo, std::string reason, Instant now) {
  auto choice = decide_held(std::move(memo), Owner::upgrade, Suppressed::upgrade, std::move(reason));
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

/// It is gone and nobody else owns it: now, later, or not at all.
RestartChoice decide_due(const Rules& rules, RestartMemo memo, const RestartSituation& situation, Cause cause,
                         Instant now) {
  const auto& service = rules.service;
  const bool is_proven = cause.kind == Kind::crash;  // By systemd, which tells of every change.
  auto choice = stand_by(std::move(memo), ServiceState::down, std::move(cause.reason));
  if (service.mode == Mode::disabled) return choice;
  if (service.mode == Mode::observe) return withhold(std::move(choice), Suppressed::observe);
  if (!situation.kill_switch.empty()) {
    choice.reason += "; not acted upon, kill switch: " + situation.kill_switch;
    return withhold(std::move(choice), Suppressed::observe);
  }
  if (!situation.has_way) {
    choice.reason += "; no unit and no start command to restart it with";
    return choice;
  }
  const bool is_first = choice.memo.attempts == 0 && !choice.memo.next_attempt;
  if (is_first) choice.memo.next_attempt = now + rules.policy.first;
  if (now < *choice.memo.next_attempt) {
    choice.state = ServiceState::waiting;
    choice.wake_at = choice.memo.next_attempt;
    return withhold(std::move(choice), Suppressed::backoff);
  }
  if (now - situation.sight_at > fresh_for && !is_proven) {
    choice.state = ServiceState::waiting;
    choice.step = RestartStep::look_now;
    choice.wake_at = now + fresh_for;
    return choice;
  }
  choice.state = ServiceState::restarting;
  choice.step = RestartStep::restart;
  return choice;
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

RestartChoice decide_gone(const Rules& rules, RestartMemo memo, const RestartSituation& situation,
                          Cause cause, Instant now) {
  memo.up_since.reset();
  if (situation.is_new_sight && memo.gone_sightings < sightings_needed) ++memo.gone_sightings;
  switch (cause.kind) {
    case Kind::shutdown:
      return decide_held(std::move(memo), Owner::shutdown, Suppressed::shutdown, std::move(cause.reason));
    case Kind::admin:
      return decide_held(std::move(memo), Owner::admin, Suppressed::admin, std::move(cause.reason));
    case Kind::upgrade:
      return decide_upgrade(std::move(memo), std::move(cause.reason), now);
    case Kind::systemd:
      return decide_held(std::move(memo), Owner::systemd, Suppressed::systemd, std::move(cause.reason));
    case Kind::unsettled:
      return decide_unsettled(std::move(memo), std::move(cause.reason), now);
    case Kind::crash_if_confirmed:
      return decide_confirmation(rules, std::move(memo), situation, std::move(cause), now);
    case Kind::never_started:
      return decide_never_started(rules, std::move(memo), situation, std::move(cause), now);
    default:
      return decide_due(rules, std::move(memo), situation, std::move(cause), now);
  }
}

/// The order succeeded; only a sight taken afterwards can tell whether the service is up.
std::optional<RestartChoice> decide_verification(const RestartPolicy& policy, RestartMemo& memo,
                                                 const RestartSituation& situation, const Cause& cause,
                                                 Instant now) {
  if (!memo.verify_until) return std::nullopt;
  const bool is_later_sight = situation.sight_at > *memo.verify_from;
  if (cause.kind == Kind::alive && is_later_sight) return std::nullopt;
  if (cause.kind == Kind::shutdown || cause.kind == Kind::admin || cause.kind == Kind::upgrade) {
    memo.verify_from.reset();
    memo.verify_until.reset();
    return std::nullopt;
  }
  if (now < *memo.verify_until) {
    auto choice = stand_by(memo, ServiceState::restarting, "started; waiting until it is up");
    choice.step = RestartStep::look_again;
    // Looks grow rarer: each at a tenth of the time waited, so that a slow start costs few of them.
    choice.wake_at =
        std::min(*memo.verify_until, now + std::max(look_again_after, (now - *memo.verify_from) / 10));
    return choice;
  }
  memo.verify_from.reset();
  memo.verify_until.reset();
  memo.next_attempt = now + restart_pause(policy, memo.attempts, situation.jitter);
  auto choice = stand_by(memo, ServiceState::waiting, "it was started and did not come up; " + cause.reason);
  choice.attempt_failed = true;
  choice.wake_at = memo.next_attempt;
  return withhold(std::move(choice), Suppressed::backoff);
}

}  // namespace

RestartChoice decide_restart(const Service& service, const RestartPolicy& policy, RestartMemo memo,
                             const RestartSituation& situation, Instant now) {
  auto evidence = situation.evidence;
  evidence.was_up = memo.was_up;
  const auto cause = decide_cause(evidence);
  if (memo.is_in_flight) return stand_by(std::move(memo), ServiceState::restarting, "a restart is under way");
  if (auto choice = decide_verification(policy, memo, situation, cause, now)) return *std::move(choice);

  if (cause.kind == Kind::unknown) return stand_by(std::move(memo), ServiceState::unknown, cause.reason);
  if (cause.kind == Kind::absent) return stand_by(std::move(memo), ServiceState::absent, cause.reason);
  if (cause.kind == Kind::alive) return decide_alive(policy, std::move(memo), situation, cause.reason, now);
  return decide_gone({service, policy}, std::move(memo), situation, cause, now);
}

RestartMemo note_attempt(RestartMemo memo, Instant now) {
  memo.is_in_flight = true;
  memo.attempts = std::min(memo.attempts + 1, attempts_max);
  memo.attempt_began = now;
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
