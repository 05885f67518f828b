#include <fmt/core.h>

#include <algorithm>
#include <tuple>

#include "decide/shed_scene.h"

// What is turned on again: what leaves enough when it is back.

namespace systemcheck {
namespace {

using Kind = ShedNews::Kind;

constexpr double unknown_need_share = 0.05;  // It was down before it was ever seen up.
constexpr Duration overdue_again_after = hour;

bool has_been(const std::optional<Instant>& since, Duration duration, Instant now) {
  return since && now - *since >= duration;
}

bool is_overdue(const ShedScene& scene, const ShedServiceMemo& memo) {
  return scene.rules.max_down > Duration::zero() &&
         has_been(memo.down_since, scene.rules.max_down, scene.now);
}

/// What services that were started lately will still grow by.
double growth_to_come(const ShedScene& scene) {
  double bytes = 0;
  for (const auto& service : scene.services) {
    const auto began = std::max(service.facts->up_since, service.memo->started_at);
    const bool is_new = began && scene.now - *began < warming_watched_for;
    const bool is_coming = service.memo->phase == ShedPhase::starting;
    if (!is_coming && (!is_new || service.presence != ShedPresence::up || !service.is_use_known)) continue;
    bytes += std::max(0.0, faded_peak(*service.memo, scene.now) - service.used_bytes);
  }
  return bytes;
}

ShedStanding wait(ShedObstacle obstacle, std::optional<Instant> until, double bytes) {
  return {.phase = ShedPhase::shed, .obstacle = obstacle, .until = until, .bytes = bytes};
}

/// One at a time, and each only when it is seen what the last has cost.
bool is_busy(const ShedScene& scene) {
  return std::ranges::any_of(scene.services, [](const ShedView& it) {
    const auto phase = it.memo->phase;
    return phase == ShedPhase::stopping || phase == ShedPhase::settling || phase == ShedPhase::starting ||
           phase == ShedPhase::warming;
  });
}

/// What stands against any start, whether or not it is overdue.
std::optional<ShedStanding> common_obstacle(const ShedScene& scene, const ShedView& service, double need) {
  const auto& memo = *service.memo;
  if (service.facts->held_by) return wait(ShedObstacle::held, {}, need);
  if (service.presence != ShedPresence::down) return wait(ShedObstacle::not_up, {}, need);
  if (scene.memo().shortage == Shortage::critical) return wait(ShedObstacle::shortage, {}, need);
  if (is_busy(scene)) return wait(ShedObstacle::busy, {}, need);
  const auto& last = scene.memo().last_start;
  if (last && scene.now - *last < scene.rules.restore_gap)
    return wait(ShedObstacle::gap, *last + scene.rules.restore_gap, need);
  const auto min_down_end = memo.down_since.value_or(scene.now) + scene.rules.min_down;
  if (scene.now < min_down_end) return wait(ShedObstacle::min_down, min_down_end, need);
  if (memo.sheds.size() >= scene.rules.sheds_per_hour)
    return wait(ShedObstacle::too_often, memo.sheds.front() + hour, need);
  return std::nullopt;
}

bool is_preferred(const ShedScene& scene, const ShedView& one, const ShedView& other) {
  const auto key = [&](const ShedView& it) {
    return std::make_tuple(-static_cast<std::int64_t>(it.facts->priority.value_or(0)),
                           headroom_for(scene, it).need_bytes, std::string_view(it.facts->name));
  };
  return key(one) < key(other);
}

ShedView* choose_start(ShedScene& scene) {
  ShedView* best = nullptr;
  for (auto& service : scene.services) {
    if (service.memo->phase != ShedPhase::shed) continue;
    if (start_standing(scene, service).obstacle != ShedObstacle::none) continue;
    if (best == nullptr || is_preferred(scene, service, *best)) best = &service;
  }
  return best;
}

void begin_start(ShedScene& scene, ShedView& service, double need) {
  auto& memo = *service.memo;
  const Headroom headroom{need, scene.usable() - need};
  memo.phase = ShedPhase::starting;
  memo.since = scene.now;
  memo.deadline = scene.now + service.facts->start_timeout;
  scene.memo().last_start = scene.now;
  forget_growth(scene);
  scene.choice.actions.push_back(
      {.verb = ShedVerb::start,
       .service = memo.name,
       .deadline = service.facts->start_timeout,
       .bytes = headroom.need_bytes,
       .triggers = memo.triggers,
       .is_rehearsed = memo.is_rehearsed,
       .reason = fmt::format(
           "{} of memory are usable, and {} are left when it has taken the {} that it needs",
           bytes_of(scene.usable()), bytes_of(headroom.left_bytes), bytes_of(headroom.need_bytes))});
}

void tell_overdue(ShedScene& scene, ShedView& service) {
  auto& memo = *service.memo;
  if (memo.phase != ShedPhase::shed || !is_overdue(scene, memo)) return;
  if (memo.alarmed_at && scene.now - *memo.alarmed_at < overdue_again_after) return;
  memo.alarmed_at = scene.now;
  const auto standing = start_standing(scene, service);
  scene.tell(Kind::overdue, &service,
             fmt::format("it is off for {}; {}", duration_words(scene.now - *memo.down_since),
                         standing_words(standing, scene.now)),
             true);
}

}  // namespace

Headroom headroom_for(const ShedScene& scene, const ShedView& service, Caution caution) {
  const auto& memo = *service.memo;
  double size = std::max(faded_peak(memo, scene.now), memo.predicted_bytes);
  if (caution == Caution::attempt && memo.settled_bytes > 0) size = std::min(size, memo.settled_bytes);
  if (size <= 0) size = unknown_need_share * scene.total();
  const double need = need_factor * size + growth_to_come(scene);
  return {need, scene.usable() - need};
}

ShedStanding start_standing(const ShedScene& scene, const ShedView& service) {
  const auto& memo = *service.memo;
  if (!scene.sight) return wait(ShedObstacle::blind, {}, 0);
  const auto [need, left] = headroom_for(scene, service);
  if (auto obstacle = common_obstacle(scene, service, need)) return *obstacle;
  const auto& all = scene.memo();
  // The promise that it is not off for ever: once, with less to spare and without the backoff.
  const bool may_try =
      is_overdue(scene, memo) && has_been(all.not_low_since, scene.rules.restore_after, scene.now);
  const auto attempt = headroom_for(scene, service, Caution::attempt);
  if (may_try && attempt.left_bytes >= scene.thresholds.below)
    return wait(ShedObstacle::none, {}, attempt.need_bytes);
  if (all.shortage >= Shortage::low) return wait(ShedObstacle::shortage, {}, need);
  if (!has_been(all.roomy_since, scene.rules.restore_after, scene.now)) {
    const auto until =
        all.roomy_since ? std::optional{*all.roomy_since + scene.rules.restore_after} : std::nullopt;
    return wait(ShedObstacle::uncertain, until, need);
  }
  if (memo.next_start && scene.now < *memo.next_start)
    return wait(ShedObstacle::backoff, memo.next_start, need);
  return wait(left >= scene.thresholds.floor ? ShedObstacle::none : ShedObstacle::headroom, {}, need);
}

void decide_starts(ShedScene& scene) {
  if (scene.is_new) {
    if (auto* service = choose_start(scene))
      begin_start(scene, *service, start_standing(scene, *service).bytes);
  }
  for (auto& service : scene.services)
    tell_overdue(scene, service);
}

void decide_exit_starts(ShedScene& scene) {
  std::vector<ShedView*> off;
  for (auto& service : scene.services) {
    const auto& facts = *service.facts;
    const auto phase = service.memo->phase;
    // Whether its end has freed what was expected is the next daemon's question, and there may be none.
    const bool is_off = is_shed(*service.memo) && (phase == ShedPhase::shed || phase == ShedPhase::settling);
    const bool may_start =
        service.presence == ShedPresence::down && facts.mode == Mode::act && !facts.held_by;
    if (is_off && may_start) off.push_back(&service);
  }
  std::ranges::sort(
      off, [&](const ShedView* one, const ShedView* other) { return is_preferred(scene, *one, *other); });
  for (auto* service : off) {
    const auto headroom = headroom_for(scene, *service);
    if (headroom.left_bytes < scene.thresholds.floor) continue;
    begin_start(scene, *service, headroom.need_bytes);
  }
}

}  // namespace systemcheck
