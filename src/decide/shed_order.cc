#include <algorithm>
#include <tuple>

#include "config/protected_units.h"
#include "decide/shed_scene.h"

// Who is turned off next.

namespace systemcheck {
namespace {

constexpr double small_share =
    0.01;  // Less is noise: a stop that nobody notices but those who use the service.

bool is_protected(const ShedScene& scene, const ShedCandidate& service) {
  const auto& more = scene.rules.protect;
  return !service.protection.empty() || is_protected_unit(service.unit) ||
         std::ranges::find(more, service.unit) != more.end();
}

/// In a rehearsal that of a service does not matter: nothing is touched.
bool may_act(const ShedScene& scene, const ShedCandidate& service) {
  if (scene.rules.mode == Mode::observe) return service.mode != Mode::disabled;
  return scene.rules.mode == Mode::act && service.mode == Mode::act;
}

bool is_until(const std::optional<Instant>& until, Instant now) { return until && now < *until; }

bool is_young(const ShedScene& scene, const ShedView& service) {
  const auto began = std::max(service.facts->up_since, service.memo->started_at);
  return began && scene.now - *began < scene.rules.min_up;
}

bool is_retriggered(const ShedScene& scene, const ShedView& service) {
  const auto& started = service.memo->started_at;
  return started && scene.now - *started <= retrigger_window;
}

/// What may never be looked at, whatever the need.
ShedObstacle lasting_obstacle(const ShedScene& scene, const ShedView& service) {
  const auto& facts = *service.facts;
  if (!facts.priority) return ShedObstacle::unmarked;
  if (is_protected(scene, facts)) return ShedObstacle::protected_;
  if (!may_act(scene, facts)) return ShedObstacle::observed;
  if (facts.held_by) return ShedObstacle::held;
  return ShedObstacle::none;
}

/// The rank of a class: the smallest goes first, and within it the size decides.
std::tuple<bool, Duration, bool, std::uint32_t> rank_of(const ShedScene& scene, const ShedView& service,
                                                        ShedCause cause) {
  const bool is_ineffective = is_until(service.memo->ineffective_until, scene.now);
  const bool is_restored = is_retriggered(scene, service);
  // The last one first.
  const auto age = is_restored ? scene.now - *service.memo->started_at : Duration::max();
  const bool by_culprit = scene.rules.culprit_first && cause != ShedCause::critical;
  return {is_ineffective, age, !(by_culprit && is_culprit(scene, service)), *service.facts->priority};
}

/// The smallest that is enough, else the largest; then who has been spared the longest; then by name.
bool is_better(const ShedView& one, const ShedView& other, double deficit) {
  const bool is_enough = one.used_bytes >= deficit;
  if (is_enough != (other.used_bytes >= deficit)) return is_enough;
  if (one.used_bytes != other.used_bytes) return (one.used_bytes < other.used_bytes) == is_enough;
  const auto last_shed = [](const ShedView& it) {
    return it.memo->sheds.empty() ? Instant::min() : it.memo->sheds.back();
  };
  return std::make_tuple(last_shed(one), std::string_view(one.facts->name)) <
         std::make_tuple(last_shed(other), std::string_view(other.facts->name));
}

}  // namespace

ShedObstacle stop_obstacle(const ShedScene& scene, const ShedView& service, bool is_critical) {
  const auto lasting = lasting_obstacle(scene, service);
  if (lasting != ShedObstacle::none) return lasting;
  const auto& memo = *service.memo;
  const bool is_ours = memo.phase != ShedPhase::up && memo.phase != ShedPhase::warming;
  if (is_ours || service.presence != ShedPresence::up) return ShedObstacle::not_up;
  if (!service.is_use_known || service.used_bytes > scene.total() || service.used_bytes <= 0)
    return ShedObstacle::unread;
  if (is_until(memo.refused_until, scene.now)) return ShedObstacle::refused;
  if (memo.sheds.size() >= scene.rules.sheds_per_hour) return ShedObstacle::too_often;
  if (is_critical) return ShedObstacle::none;
  if (is_until(memo.wanted_until, scene.now)) return ShedObstacle::wanted;
  if (is_young(scene, service)) return ShedObstacle::young;
  return service.used_bytes < small_share * scene.total() ? ShedObstacle::small : ShedObstacle::none;
}

ShedView* choose_victim(ShedScene& scene, const ShedNeed& need) {
  ShedView* best = nullptr;
  for (auto& service : scene.services) {
    const bool is_critical = need.cause == ShedCause::critical;
    if (stop_obstacle(scene, service, is_critical) != ShedObstacle::none) continue;
    if (best == nullptr) {
      best = &service;
      continue;
    }
    const auto rank = rank_of(scene, service, need.cause);
    const auto best_rank = rank_of(scene, *best, need.cause);
    if (rank < best_rank || (rank == best_rank && is_better(service, *best, need.deficit_bytes)))
      best = &service;
  }
  return best;
}

}  // namespace systemcheck
