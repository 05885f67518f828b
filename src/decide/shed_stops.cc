#include <fmt/core.h>

#include <algorithm>

#include "decide/shed_scene.h"

// What is turned off now.

namespace systemcheck {
namespace {

using Kind = ShedNews::Kind;

constexpr std::size_t stops_max = 1;
constexpr std::size_t urgent_stops_max = 3;
constexpr Duration stop_margin = std::chrono::seconds{10};
constexpr Duration forecast_max = std::chrono::seconds{30};
constexpr std::uint32_t backoffs_max = 16;

std::string percent_of(const ShedScene& scene, double bytes) {
  return fmt::format("{:.1f}%", 100 * bytes / scene.total());
}

std::string cause_words(const ShedScene& scene, ShedCause cause) {
  auto usable = fmt::format("{} ({}) of memory are usable", bytes_of(scene.usable()),
                            percent_of(scene, scene.usable()));
  switch (cause) {
    case ShedCause::forecast:
      return fmt::format("{}, and in {} it will be less than {}", usable,
                         duration_words(scene.choice.to_critical.value_or(Duration{})),
                         bytes_of(scene.thresholds.critical));
    case ShedCause::swap:
      return usable + ", and swap space is used up";
    case ShedCause::pressure:
      return usable + ", and tasks wait for memory";
    default:
      return usable;
  }
}

/// How soon it would have to begin to be over in time.
Duration lead_of(const ShedView& service) {
  return std::min(forecast_max, stop_time(*service.memo) + stop_margin);
}

double deficit_to(const ShedScene& scene, double goal) {
  return goal - (scene.usable() + scene.choice.pending_bytes);
}

/// Why something has to be turned off now.
std::optional<ShedNeed> find_need(const ShedScene& scene) {
  const auto& thresholds = scene.thresholds;
  if (scene.memo().shortage == Shortage::critical)
    return ShedNeed{ShedCause::critical, deficit_to(scene, thresholds.target)};
  if (is_low_confirmed(scene)) {
    const bool is_swap = scene.usable() >= thresholds.below;
    return ShedNeed{is_swap ? ShedCause::swap : ShedCause::low,
                    deficit_to(scene, is_swap ? thresholds.near : thresholds.target)};
  }
  if (is_pressed(scene)) return ShedNeed{ShedCause::pressure, deficit_to(scene, thresholds.near)};
  return std::nullopt;
}

/// One that would be needed while a service is still ending. Not while one of ours grows to its size: that it
/// will end is known, and that there is room for it.
std::optional<ShedNeed> find_coming_need(ShedScene& scene, const std::optional<Fall>& fall) {
  if (!fall || scene.usable() >= scene.thresholds.warn) return std::nullopt;
  if (count_phase(scene, ShedPhase::starting) + count_phase(scene, ShedPhase::warming) > 0)
    return std::nullopt;
  ShedNeed need{ShedCause::forecast, deficit_to(scene, scene.thresholds.target)};
  const auto* victim = choose_victim(scene, need);
  if (victim == nullptr || fall->to_critical >= lead_of(*victim)) return std::nullopt;
  return need;
}

void note_shed(const ShedScene& scene, ShedServiceMemo& memo) {
  const auto& rules = scene.rules;
  const bool is_soon = memo.started_at && scene.now - *memo.started_at <= retrigger_window;
  if (is_soon) {
    memo.backoffs = std::min(memo.backoffs + 1, backoffs_max);
  } else if (memo.sheds.empty()) {
    memo.backoffs = 0;  // None for an hour.
  }
  auto pause = memo.backoffs == 0 ? rules.min_down : rules.backoff;
  for (std::uint32_t i = 1; i < memo.backoffs && pause < rules.backoff_max; ++i)
    pause = std::min(pause * 2, rules.backoff_max);
  memo.next_start = scene.now + pause;
  memo.sheds.push_back(scene.now);
}

void begin_stop(ShedScene& scene, ShedView& service, const ShedNeed& need) {
  auto& memo = *service.memo;
  const bool is_critical = need.cause == ShedCause::critical;
  release(memo);
  memo.phase = ShedPhase::stopping;
  memo.since = scene.now;
  const auto timeout = is_critical ? scene.rules.critical_stop_timeout : scene.rules.stop_timeout;
  memo.deadline = scene.now + timeout;
  memo.cause = need.cause;
  memo.instance = service.facts->instance;
  memo.triggers = service.facts->triggers;
  memo.was_enabled = service.facts->is_enabled;
  memo.predicted_bytes = service.used_bytes;
  memo.usable_before = scene.usable();
  memo.anonymous_before = scene.sight->anonymous_bytes.value_or(0);
  memo.is_rehearsed = scene.rules.mode == Mode::observe;
  note_shed(scene, memo);
  scene.choice.pending_bytes += memo.predicted_bytes;
  scene.choice.actions.push_back(
      {.verb = ShedVerb::stop,
       .service = memo.name,
       .deadline = timeout,
       .bytes = memo.predicted_bytes,
       .triggers = memo.triggers,
       .is_rehearsed = memo.is_rehearsed,
       .reason = fmt::format("{}; stopping it should free {}", cause_words(scene, need.cause),
                             bytes_of(memo.predicted_bytes))});
}

std::string growers_words(const ShedScene& scene) {
  constexpr std::size_t named_max = 3;
  std::vector<std::pair<double, std::string_view>> grown;
  for (const auto& service : scene.services) {
    const auto& samples = service.memo->samples;
    if (samples.empty() || service.used_bytes <= samples.front().bytes) continue;
    grown.emplace_back(service.used_bytes - samples.front().bytes, service.facts->name);
  }
  std::ranges::sort(grown, std::greater<>{});
  std::string text;
  for (std::size_t i = 0; i < std::min(grown.size(), named_max); ++i)
    text += fmt::format("{}{} by {}", text.empty() ? "; grown most: " : ", ", grown[i].second,
                        bytes_of(grown[i].first));
  return text;
}

void tell_stuck(ShedScene& scene, const std::string& why) {
  auto& memo = scene.memo();
  memo.is_stuck = true;
  if (std::exchange(memo.is_stuck_told, true)) return;
  scene.tell(Kind::stuck, nullptr, why + growers_words(scene), true);
}

void begin_episode(ShedScene& scene, const ShedNeed& need) {
  auto& memo = scene.memo();
  if (memo.episode_since) return;
  memo.episode_since = scene.now;
  scene.tell(Kind::began, nullptr, cause_words(scene, need.cause));
}

/// Measured in the simulation: one at a time is too slow for what will be critical in a moment, and costs a
/// seventh more kills by the kernel.
bool is_urgent(ShedCause cause) { return cause == ShedCause::critical || cause == ShedCause::forecast; }

std::size_t count_outstanding(const ShedScene& scene, ShedCause cause) {
  const auto settling = is_urgent(cause) ? 0 : count_phase(scene, ShedPhase::settling);
  return count_phase(scene, ShedPhase::stopping) + settling;
}

void stop_what_is_needed(ShedScene& scene, ShedNeed need) {
  const auto outstanding = count_outstanding(scene, need.cause);
  auto room = is_urgent(need.cause) ? urgent_stops_max : stops_max;
  room -= std::min(room, outstanding);
  for (; room > 0 && need.deficit_bytes > 0; --room) {
    auto* victim = choose_victim(scene, need);
    if (victim == nullptr) {
      if (count_outstanding(scene, need.cause) > 0) return;
      return tell_stuck(scene, fmt::format("{}, and nothing is left that may be turned off",
                                           cause_words(scene, need.cause)));
    }
    need.deficit_bytes -= victim->used_bytes;
    begin_stop(scene, *victim, need);
    scene.memo().is_stuck = false;
  }
}

/// It would be started now, and there is no memory for it: it stays off, and comes back as those that were
/// stopped.
void adopt(ShedScene& scene, ShedView& service) {
  auto& memo = *service.memo;
  release(memo);
  memo.phase = ShedPhase::shed;
  memo.since = scene.now;
  memo.cause = ShedCause::restart;
  memo.down_since = scene.now;
  memo.was_enabled = service.facts->is_enabled;
  memo.is_rehearsed = scene.rules.mode == Mode::observe;
  if (!memo.next_start || *memo.next_start < scene.now) memo.next_start = scene.now + scene.rules.min_down;
  scene.tell(Kind::adopted, &service, "it is down and stays off: a start would make memory shorter still");
}

void adopt_what_would_start(ShedScene& scene) {
  for (auto& service : scene.services) {
    const auto& facts = *service.facts;
    const bool is_ours = service.memo->phase != ShedPhase::up;
    if (is_ours || !facts.is_restart_due || service.presence != ShedPresence::down || facts.held_by) continue;
    const auto obstacle = stop_obstacle(scene, service, true);
    if (obstacle == ShedObstacle::not_up) adopt(scene, service);
  }
}

}  // namespace

void decide_stops(ShedScene& scene) {
  if (!scene.is_new || scene.rules.mode == Mode::disabled) return;
  const auto fall = find_fall(scene);
  if (fall) scene.choice.to_critical = fall->to_critical;
  auto need = find_need(scene);
  if (!need) need = find_coming_need(scene, fall);
  if (scene.memo().shortage >= Shortage::low) adopt_what_would_start(scene);
  if (!need) return;
  begin_episode(scene, *need);
  if (scene.memo().shortage < Shortage::low) scene.memo().shortage = Shortage::low;
  if (need->deficit_bytes <= 0) return;
  if (scene.memo().ineffective >= ineffective_max)
    return tell_stuck(scene, "what was stopped has given little back: the consumer is not in my list");
  stop_what_is_needed(scene, *need);
}

}  // namespace systemcheck
