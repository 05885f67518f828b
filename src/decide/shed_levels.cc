#include <fmt/core.h>

#include <algorithm>
#include <bit>

#include "decide/shed_scene.h"

// How short memory is: a level is entered after some readings and left after some calm, so that nothing hangs
// on one reading.

namespace systemcheck {
namespace {

constexpr double warn_end_factor = 1.2;
constexpr double near_factor = 2;
constexpr double oom_kill_share = 0.05;  // More than the target was needed: each time so much.
constexpr std::uint32_t oom_kills_max = 3;
constexpr double swap_used_up_share = 0.10;
constexpr Duration pressure_window = std::chrono::seconds{1};
constexpr double pressed_share = 0.15;
constexpr std::uint32_t pressure_windows_mask = 0b11111;
constexpr int pressed_windows_min = 3;

bool is_low_reading(const ShedScene& scene) {
  return scene.usable() < scene.thresholds.below || is_swap_used_up(scene);
}

void count_readings(ShedScene& scene) {
  auto& memo = scene.memo();
  const bool is_critical = scene.usable() < scene.thresholds.critical;
  memo.critical_readings = is_critical ? std::min(memo.critical_readings + 1, critical_readings_min) : 0;
  if (!is_low_reading(scene)) {
    memo.low_readings = 0;
    memo.low_since.reset();
    return;
  }
  memo.low_readings = std::min(memo.low_readings + 1, low_readings_min);
  if (!memo.low_since) memo.low_since = scene.now;
}

/// What ends takes its pages with it, and what it pushed out is read anew: pressure then says nothing of
/// want.
bool comes_back(const ShedScene& scene) {
  return count_phase(scene, ShedPhase::stopping) + count_phase(scene, ShedPhase::settling) > 0;
}

/// Whole windows only; a longer pause between readings is one window.
void follow_pressure(ShedScene& scene) {
  auto& memo = scene.memo();
  if (!scene.sight->waiting_seconds || comes_back(scene)) {
    memo.pressure.reset();
    memo.pressure_windows = 0;
    return;
  }
  const ShedSample waited{scene.sight->taken, *scene.sight->waiting_seconds};
  if (!memo.pressure || waited.bytes < memo.pressure->bytes) memo.pressure = waited;
  const auto passed = waited.at - memo.pressure->at;
  if (passed < pressure_window) return;
  const bool is_pressed_now = (waited.bytes - memo.pressure->bytes) / in_seconds(passed) >= pressed_share;
  memo.pressure_windows = ((memo.pressure_windows << 1) | (is_pressed_now ? 1U : 0U)) & pressure_windows_mask;
  memo.pressure = waited;
}

/// Since when `is_true` has been so.
void keep_since(std::optional<Instant>& since, bool is_true, Instant now) {
  if (!is_true) {
    since.reset();
  } else if (!since) {
    since = now;
  }
}

bool has_been(const std::optional<Instant>& since, Duration duration, Instant now) {
  return since && now - *since >= duration;
}

Shortage level_of(const ShedScene& scene) {
  return scene.usable() < scene.thresholds.warn ? Shortage::warn : Shortage::normal;
}

void enter(ShedScene& scene, Shortage level) {
  auto& memo = scene.memo();
  if (memo.shortage == level) return;
  memo.shortage = level;
  memo.calm_since.reset();
}

void end_episode(ShedScene& scene) {
  auto& memo = scene.memo();
  if (memo.episode_since) scene.tell(ShedNews::Kind::ended, nullptr, "memory is no longer short");
  memo.episode_since.reset();
  memo.ineffective = 0;
  memo.oom_kills = 0;
  memo.is_stuck = false;
  memo.is_stuck_told = false;
}

void leave_low(ShedScene& scene) {
  auto& memo = scene.memo();
  const bool is_calm =
      scene.usable() >= scene.thresholds.target && !is_swap_used_up(scene) && !is_pressed(scene);
  keep_since(memo.calm_since, is_calm, scene.now);
  if (!has_been(memo.calm_since, scene.rules.restore_after, scene.now)) return;
  end_episode(scene);
  enter(scene, level_of(scene));
}

void leave_warn(ShedScene& scene) {
  auto& memo = scene.memo();
  keep_since(memo.calm_since, scene.usable() >= scene.thresholds.warn_end, scene.now);
  if (has_been(memo.calm_since, warn_calm_for, scene.now)) enter(scene, Shortage::normal);
}

/// The kernel has killed something: what we aimed at was too little.
void count_oom_kills(ShedScene& scene) {
  auto& memo = scene.memo();
  const auto seen = scene.sight->oom_kills;
  const bool is_short = scene.usable() < scene.thresholds.warn || memo.episode_since;
  if (memo.oom_kills_seen && seen > *memo.oom_kills_seen && is_short)
    memo.oom_kills = std::min(memo.oom_kills + 1, oom_kills_max);
  memo.oom_kills_seen = seen;
}

}  // namespace

ShedThresholds thresholds_of(const MemoryRules& rules, double total_bytes, std::uint32_t oom_kills) {
  ShedThresholds thresholds;
  thresholds.warn = rules.warn.bytes_of(total_bytes);
  thresholds.warn_end = thresholds.warn * warn_end_factor;
  thresholds.below = rules.below.bytes_of(total_bytes);
  thresholds.critical = rules.critical.bytes_of(total_bytes);
  thresholds.target = rules.target.bytes_of(total_bytes) + oom_kill_share * oom_kills * total_bytes;
  thresholds.near = thresholds.below * near_factor;
  thresholds.floor = std::max(rules.restore_above.bytes_of(total_bytes), thresholds.target);
  return thresholds;
}

bool is_swap_used_up(const ShedScene& scene) {
  const auto& sight = *scene.sight;
  return sight.swap_free_bytes < swap_used_up_share * sight.swap_total_bytes &&
         sight.usable_bytes < scene.thresholds.near;
}

bool is_pressed(const ShedScene& scene) {
  return std::popcount(scene.memo().pressure_windows) >= pressed_windows_min &&
         scene.usable() < scene.thresholds.near;
}

bool is_low_confirmed(const ShedScene& scene) {
  const auto& memo = scene.memo();
  return memo.low_readings >= low_readings_min && has_been(memo.low_since, scene.rules.below_for, scene.now);
}

void follow_shortage(ShedScene& scene) {
  auto& memo = scene.memo();
  count_oom_kills(scene);
  count_readings(scene);
  follow_pressure(scene);
  keep_since(memo.roomy_since, scene.usable() >= scene.thresholds.floor, scene.now);
  keep_since(memo.not_low_since, scene.usable() >= scene.thresholds.below, scene.now);

  if (memo.critical_readings >= critical_readings_min) return enter(scene, Shortage::critical);
  if (memo.shortage == Shortage::critical && scene.usable() >= scene.thresholds.below)
    enter(scene, Shortage::low);
  if (memo.shortage == Shortage::critical) return;
  if (is_low_confirmed(scene) || is_pressed(scene)) enter(scene, Shortage::low);
  if (memo.shortage == Shortage::low) return leave_low(scene);
  if (scene.usable() < scene.thresholds.warn) {
    enter(scene, Shortage::warn);
    memo.calm_since.reset();
    return;
  }
  if (memo.shortage == Shortage::warn) leave_warn(scene);
}

}  // namespace systemcheck
