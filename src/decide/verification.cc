#include "decide/verification.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

namespace systemcheck {
namespace {

using Kind = Cause::Kind;

/// A probe that a stranger answers proves nothing, and what cannot be read is no stranger.
bool is_proven(const RestartSituation& situation, const Cause& cause) {
  const auto health = situation.health.kind;
  if (situation.port_stranger) return false;
  return cause.kind == Kind::alive && (health == Health::Kind::fine || health == Health::Kind::complains);
}

/// A start that a person asked for is above an earlier stop, of which systemd may still tell; not above one
/// of what was seen up since.
bool is_taken_over(const RestartMemo& memo, const Cause& cause) {
  if (cause.kind == Kind::shutdown) return true;
  const bool is_somebody_elses = cause.kind == Kind::admin || cause.kind == Kind::upgrade;
  return is_somebody_elses && (!memo.is_ordered || memo.came_up_at);
}

/// A main process that is in the place of another – whose work was to start it, or which systemd has replaced
/// – has to stay up itself.
bool note_coming_up(RestartMemo& memo, const RestartSituation& situation, const Cause& cause, Instant now) {
  const bool is_later_sight = situation.sight_at > *memo.verify_from;
  if (!is_later_sight || !is_proven(situation, cause)) return false;
  if (memo.came_up_at && memo.came_up_as == situation.main) return false;
  memo.came_up_at = now;
  memo.came_up_as = situation.main;
  return true;
}

bool has_stayed_up(const RestartMemo& memo, const RestartSituation& situation, const Cause& cause) {
  return memo.came_up_at && is_proven(situation, cause) &&
         situation.sight_at >= *memo.came_up_at + stays_up_for;
}

/// It is not there any more, by a sight or by systemd's own word. Of a main process that has just ended it is
/// not known yet whether another has taken its place.
bool has_ended(const RestartMemo& memo, const RestartSituation& situation, const Cause& cause) {
  if (cause.kind == Kind::crash) return situation.sight_at > *memo.verify_from;  // It is proven: why wait?
  if (!memo.came_up_at || situation.sight_at <= *memo.came_up_at) return false;
  if (situation.evidence.main_died) return false;
  return cause.kind == Kind::crash_if_confirmed || cause.kind == Kind::ended ||
         cause.kind == Kind::never_started;
}

/// Why what lives is not taken for up.
std::string doubt_words(const RestartSituation& situation) {
  return situation.port_stranger ? stranger_words(*situation.port_stranger) : situation.health.reason;
}

StartFinding failed(const RestartMemo& memo, const RestartSituation& situation, const Cause& cause,
                    Instant now) {
  const bool is_alive = cause.kind == Kind::alive;
  const auto why = is_alive ? doubt_words(situation) : cause.reason;
  auto words = std::string("it was started and did not come up");
  if (memo.came_up_at) words = "it came up and ended after " + duration_words(now - *memo.came_up_at);
  if (memo.came_up_at && is_alive) words = "it came up and did not stay so";
  if (!why.empty()) words += "; " + why;
  return {.kind = StartFinding::Kind::failed,
          .reason = std::move(words),
          .has_died = memo.came_up_at && !is_alive};
}

/// Nobody has said otherwise since it came up, and no newer sight has come.
bool has_nothing_against_it(const RestartMemo& memo, const RestartSituation& situation, const Cause& cause,
                            Instant now) {
  const bool may_be_up = is_proven(situation, cause) || cause.kind == Kind::unknown;
  return may_be_up && memo.came_up_at && now - *memo.came_up_at >= stays_up_for;
}

std::string awaiting_words(const RestartSituation& situation, bool is_alive) {
  if (situation.port_stranger) return "started; waiting until it is up; " + doubt_words(situation);
  return is_alive ? "it has come up; waiting whether it stays up" : "started; waiting until it is up";
}

Instant last_moment(const RestartMemo& memo) {
  return *memo.verify_until + (memo.came_up_at ? stays_up_for + second_sight_patience : Duration::zero());
}

/// Looks grow rarer: each at a tenth of the time waited, so that a slow start costs few of them.
Instant next_look(const RestartMemo& memo, const Cause& cause, Instant now) {
  auto next = now + std::max(look_again_after, (now - *memo.verify_from) / 10);
  if (memo.came_up_at && cause.kind == Kind::alive)
    next = std::max(now + look_again_after, *memo.came_up_at + stays_up_for);
  return std::min(next, last_moment(memo));
}

StartFinding over(RestartMemo& memo) {
  end_verification(memo);
  return {};
}

}  // namespace

StartFinding judge_verification(RestartMemo& memo, const RestartSituation& situation, const Cause& cause,
                                Instant now) {
  if (!memo.verify_until) return {};
  if (is_taken_over(memo, cause)) return over(memo);
  const bool has_come_up = note_coming_up(memo, situation, cause, now);
  const bool is_late = now >= last_moment(memo);
  const bool counts_as_up = is_late && has_nothing_against_it(memo, situation, cause, now);
  if (counts_as_up || has_stayed_up(memo, situation, cause)) {
    memo.up_since = memo.came_up_at;
    return over(memo);
  }
  if (is_late || has_ended(memo, situation, cause)) {
    auto finding = failed(memo, situation, cause, now);
    memo.is_port_lost = cause.kind == Kind::alive && situation.port_stranger;
    end_verification(memo);
    return finding;
  }
  const bool is_alive = memo.came_up_at && cause.kind == Kind::alive;
  return {.kind = StartFinding::Kind::awaited,
          .reason = awaiting_words(situation, is_alive),
          .is_alive = is_alive,
          .has_come_up = has_come_up,
          .at = next_look(memo, cause, now)};
}

std::string stranger_words(const PortStranger& stranger) {
  return fmt::format("port {} is held by {} ({}), which is not part of it", stranger.port, stranger.name,
                     stranger.pid);
}

void end_verification(RestartMemo& memo) {
  memo.verify_from.reset();
  memo.verify_until.reset();
  memo.came_up_at.reset();
  memo.came_up_as.reset();
  memo.is_ordered = false;
}

}  // namespace systemcheck
