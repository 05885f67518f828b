#include "decide/shedding.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "decide/shed_scene.h"

namespace systemcheck {
namespace {

using Kind = ShedNews::Kind;

constexpr Duration look_soon = std::chrono::milliseconds{100};
/// The forecast needs five readings within its ten seconds.
constexpr Duration look_late = std::chrono::seconds{2};
/// No program fills memory faster: the next look comes before it can have gone through what is left.
constexpr double fill_bytes_per_second = 6000.0 * (1 << 20);

/// Why a sight is worth nothing; empty: it is sound.
std::string find_fault(const MemorySight& sight, Instant now) {
  const auto& it = sight;
  const bool is_finite = std::isfinite(it.total_bytes) && std::isfinite(it.usable_bytes) &&
                         std::isfinite(it.anonymous_bytes.value_or(0)) &&
                         std::isfinite(it.swap_total_bytes) && std::isfinite(it.swap_free_bytes) &&
                         std::isfinite(it.waiting_seconds.value_or(0));
  if (!is_finite) return "a figure that is none";
  if (it.total_bytes <= 0) return "no memory at all";
  if (it.usable_bytes < 0) return "less than nothing is usable";
  if (it.usable_bytes > it.total_bytes) return "more is usable than there is";
  if (it.taken > now) return "a reading from the future";
  if (now - it.taken > memory_fresh_for)
    return fmt::format("the last reading is {} old", duration_words(now - it.taken));
  return {};
}

void note_blindness(ShedScene& scene, const std::string& why) {
  auto& memo = scene.memo();
  scene.choice.blindness = why;
  if (!memo.blind_since) memo.blind_since = scene.now;
  if (scene.now - *memo.blind_since < blind_patience || memo.is_blindness_told) return;
  memo.is_blindness_told = true;
  scene.tell(Kind::blind, nullptr, "memory cannot be read: " + why, true);
}

/// What was counted before a long gap says nothing of what was in it.
void end_blindness(ShedScene& scene) {
  auto& memo = scene.memo();
  if (!memo.blind_since) return;
  const bool was_long = scene.now - *memo.blind_since >= blind_patience;
  memo.blind_since.reset();
  memo.is_blindness_told = false;
  if (!was_long) return;
  memo.low_readings = 0;
  memo.low_since.reset();
  memo.critical_readings = 0;
  memo.calm_since.reset();
  memo.roomy_since.reset();
  memo.not_low_since.reset();
  memo.pressure.reset();
  memo.pressure_windows = 0;
  memo.last.reset();
  forget_growth(scene);
}

ShedServiceMemo& memo_of(std::vector<ShedServiceMemo>& all, const std::string& name) {
  auto place = std::ranges::lower_bound(all, name, {}, &ShedServiceMemo::name);
  if (place != all.end() && place->name == name) return *place;
  ShedServiceMemo fresh;
  fresh.name = name;
  return *all.insert(place, std::move(fresh));
}

/// Forgets those that are no longer configured. What is off stays off, and somebody has to know.
void forget_strangers(ShedChoice& choice, std::span<const ShedCandidate> services) {
  if (choice.memo.services.size() == services.size()) return;
  std::erase_if(choice.memo.services, [&](const ShedServiceMemo& memo) {
    if (std::ranges::find(services, memo.name, &ShedCandidate::name) != services.end()) return false;
    if (is_shed(memo)) {
      choice.news.push_back({.kind = Kind::forgotten,
                             .service = memo.name,
                             .is_alarm = true,
                             .text = "it is off, and no configuration names it any more"});
    }
    return true;
  });
}

/// In a rehearsal a service that would have been stopped is gone after the time that stopping it takes.
ShedPresence rehearsed_presence(const ShedServiceMemo& memo, Instant now) {
  switch (memo.phase) {
    case ShedPhase::stopping:
    case ShedPhase::refusing:
      return now - memo.since >= stop_time(memo) ? ShedPresence::down : ShedPresence::up;
    case ShedPhase::settling:
    case ShedPhase::shed:
      return ShedPresence::down;
    default:
      return ShedPresence::up;
  }
}

ShedView view_of(const ShedCandidate& facts, ShedServiceMemo& memo, Instant now) {
  ShedView view{.facts = &facts, .memo = &memo, .presence = facts.presence};
  const bool is_rehearsed = memo.is_rehearsed && facts.presence == ShedPresence::up;
  if (is_rehearsed) view.presence = rehearsed_presence(memo, now);
  view.is_new_instance = !is_rehearsed && view.presence == ShedPresence::up && !facts.instance.empty() &&
                         facts.instance != memo.instance;
  const bool is_gone = view.presence == ShedPresence::down;
  const auto used = facts.anonymous_bytes;
  view.is_use_known = used && std::isfinite(*used) && *used >= 0 && !is_gone;
  view.used_bytes = view.is_use_known ? *used : 0;
  return view;
}

/// A change of the mode ends what was only rehearsed, and what was done goes on.
void end_rehearsals(ShedMemo& memo, Mode mode) {
  if (mode == Mode::observe) return;
  for (auto& service : memo.services) {
    if (service.is_rehearsed) release(service);
  }
}

void take_services(ShedScene& scene, std::span<const ShedCandidate> services) {
  forget_strangers(scene.choice, services);
  end_rehearsals(scene.memo(), scene.rules.mode);
  auto& memos = scene.memo().services;
  for (const auto& service : services)
    (void)memo_of(memos, service.name);  // First all of them: they move.
  scene.services.reserve(services.size());
  for (const auto& service : services)
    scene.services.push_back(view_of(service, memo_of(memos, service.name), scene.now));
}

/// What a rehearsal would have freed counts as freed.
double rehearsed_bytes(const ShedScene& scene) {
  double bytes = 0;
  for (const auto& service : scene.services) {
    if (!service.memo->is_rehearsed || service.presence != ShedPresence::down) continue;
    const double used = service.facts->anonymous_bytes.value_or(0);
    if (std::isfinite(used) && used > 0) bytes += used;
  }
  return bytes;
}

void take_sight(ShedScene& scene, const Result<MemorySight>& sight) {
  if (!sight) return note_blindness(scene, sight.error().message);
  const auto fault = find_fault(*sight, scene.now);
  if (!fault.empty()) return note_blindness(scene, fault);
  auto& memo = scene.memo();
  if (memo.last_taken && sight->taken < *memo.last_taken)
    return note_blindness(scene, "a reading older than the last");
  end_blindness(scene);
  scene.is_new = !memo.last_taken || sight->taken > *memo.last_taken;
  memo.last_taken = sight->taken;
  scene.sight = *sight;
  const double freed = rehearsed_bytes(scene);
  scene.sight->usable_bytes = std::min(scene.sight->total_bytes, scene.sight->usable_bytes + freed);
  if (scene.sight->anonymous_bytes) *scene.sight->anonymous_bytes -= freed;
}

ShedState state_of(const ShedScene& scene) {
  const auto& memo = scene.memo();
  const auto has = [&](ShedPhase phase) { return count_phase(scene, phase) > 0; };
  if (!scene.sight) return ShedState::blind;
  if (has(ShedPhase::stopping)) return ShedState::stopping;
  if (has(ShedPhase::settling)) return ShedState::settle;
  if (has(ShedPhase::starting) || has(ShedPhase::warming)) return ShedState::restoring;
  if (memo.is_stuck) return ShedState::stuck;
  if (memo.shortage >= Shortage::low && scene.usable() < scene.thresholds.target) return ShedState::low;
  if (has(ShedPhase::shed)) return ShedState::hold;
  if (memo.shortage >= Shortage::low) return ShedState::low;
  return memo.shortage == Shortage::warn ? ShedState::warn : ShedState::normal;
}

Duration next_look(const ShedScene& scene, ShedState state) {
  if (!scene.sight || state == ShedState::stopping || state == ShedState::settle) return look_soon;
  const double seconds = (scene.usable() - scene.thresholds.below) / fill_bytes_per_second;
  const auto time = std::chrono::duration_cast<Duration>(
      std::chrono::duration<double>(std::min(in_seconds(look_late), seconds)));
  return std::clamp(time, look_soon, look_late);
}

ShedStanding standing_of(const ShedScene& scene, const ShedView& service) {
  const auto phase = service.memo->phase;
  if (phase == ShedPhase::shed) return start_standing(scene, service);
  ShedStanding standing{.phase = phase, .bytes = service.used_bytes};
  if (!scene.sight) {
    standing.obstacle = ShedObstacle::blind;
    return standing;
  }
  if (phase == ShedPhase::up || phase == ShedPhase::warming)
    standing.obstacle = stop_obstacle(scene, service, scene.memo().shortage == Shortage::critical);
  if (standing.obstacle == ShedObstacle::none && phase == ShedPhase::up)
    standing.obstacle = ShedObstacle::unneeded;
  return standing;
}

void conclude(ShedScene& scene) {
  auto& choice = scene.choice;
  choice.shortage = choice.memo.shortage;
  choice.state = state_of(scene);
  choice.look_again = next_look(scene, choice.state);
  choice.usable_bytes = scene.sight ? scene.usable() : 0;
  choice.pending_bytes = pending_bytes(scene);
  choice.standings.reserve(scene.services.size());
  for (const auto& service : scene.services)
    choice.standings.push_back(standing_of(scene, service));
  if (scene.sight) choice.memo.last = scene.sight;
}

}  // namespace

ShedChoice decide_shedding(const MemoryRules& rules, ShedMemo memo, const Result<MemorySight>& sight,
                           std::span<const ShedCandidate> services, Instant now) {
  ShedChoice choice;
  choice.memo = std::move(memo);
  ShedScene scene{.rules = rules, .choice = choice, .now = now};
  take_services(scene, services);
  take_sight(scene, sight);
  if (scene.sight) scene.thresholds = thresholds_of(rules, scene.total(), choice.memo.oom_kills);
  if (scene.is_new) follow_shortage(scene);
  follow_phases(scene);
  if (scene.is_new) note_history(scene);
  choice.pending_bytes = pending_bytes(scene);
  decide_stops(scene);
  decide_starts(scene);
  conclude(scene);
  return choice;
}

bool is_shed(const ShedServiceMemo& memo) {
  return !memo.is_rehearsed && memo.phase != ShedPhase::up && memo.phase != ShedPhase::warming;
}

ShedObstacle start_obstacle(const MemoryRules& rules, const ShedMemo& memo, const ShedCandidate& service) {
  const auto found = std::ranges::find(memo.services, service.name, &ShedServiceMemo::name);
  if (found != memo.services.end() && is_shed(*found)) return ShedObstacle::held;
  if (rules.mode != Mode::act || memo.shortage < Shortage::low) return ShedObstacle::none;
  const bool is_sheddable = service.priority && service.mode == Mode::act;
  const bool is_critical = memo.shortage == Shortage::critical;
  return is_critical || is_sheddable ? ShedObstacle::shortage : ShedObstacle::none;
}

ShedMemo note_shed_start_failed(ShedMemo memo, const std::string& service) {
  const auto found = std::ranges::find(memo.services, service, &ShedServiceMemo::name);
  if (found != memo.services.end() && found->phase == ShedPhase::starting) release(*found);
  return memo;
}

ShedChoice decide_shed_exit(const MemoryRules& rules, ShedMemo memo, const Result<MemorySight>& sight,
                            std::span<const ShedCandidate> services, Instant now) {
  ShedChoice choice;
  choice.memo = std::move(memo);
  ShedScene scene{.rules = rules, .choice = choice, .now = now};
  take_services(scene, services);
  take_sight(scene, sight);
  if (scene.sight) scene.thresholds = thresholds_of(rules, scene.total(), choice.memo.oom_kills);
  if (scene.sight && rules.on_exit == ShedOnExit::restore) decide_exit_starts(scene);
  conclude(scene);
  return choice;
}

}  // namespace systemcheck
