#include <fmt/core.h>

#include <algorithm>
#include <cmath>

#include "decide/shed_scene.h"

// What has become of what was ordered, by what is seen: an outcome that was lost, or a daemon that ended in
// between, changes nothing.

namespace systemcheck {
namespace {

using Kind = ShedNews::Kind;

constexpr std::size_t stop_times_max = 8;
constexpr Duration assumed_stop_time = std::chrono::seconds{5};  // Before it has been seen to stop.
constexpr Duration settled_after = std::chrono::minutes{2};      // Most have grown to their size by then.
constexpr double warm_share = 0.01;
constexpr Duration warm_window = std::chrono::seconds{30};

void enter(ShedServiceMemo& memo, ShedPhase phase, Instant now) {
  memo.phase = phase;
  memo.since = now;
  memo.deadline.reset();
}

bool is_held_by_people(const ShedView& service) { return service.facts->held_by == Owner::admin; }

/// Whoever started it wants it: it is left alone for a while.
void note_wanted(ShedScene& scene, ShedView& service) {
  scene.tell(Kind::released, &service, "somebody has started it");
  release(*service.memo);
  service.memo->wanted_until = scene.now + wanted_for;
}

void note_gone(ShedScene& scene, ShedView& service) {
  auto& memo = *service.memo;
  const bool is_timed = memo.phase == ShedPhase::stopping && !memo.is_recalled;
  if (is_timed) memo.stop_times.push_back(scene.now - memo.since);
  if (memo.stop_times.size() > stop_times_max) memo.stop_times.erase(memo.stop_times.begin());
  memo.down_since = scene.now;
  memo.samples.clear();
  // What an earlier daemon saw before it was gone is not known.
  const bool is_measured = is_timed && memo.usable_before > 0;
  enter(memo, is_measured ? ShedPhase::settling : ShedPhase::shed, scene.now);
  memo.is_recalled = false;
  memo.returned_bytes = 0;
}

/// While it is there. A reading between its end and our seeing that would be one with its memory given back.
void note_before(ShedScene& scene, ShedView& service) {
  if (!scene.sight || service.presence != ShedPresence::up) return;
  service.memo->usable_before = scene.usable();
  service.memo->anonymous_before = scene.sight->anonymous_bytes.value_or(0);
}

void refuse(ShedScene& scene, ShedView& service) {
  auto& memo = *service.memo;
  enter(memo, ShedPhase::refusing, scene.now);
  memo.refused_until = scene.now + hour;
  scene.tell(Kind::refused, &service, "it does not end, although it was killed", true);
}

/// The stop takes too long.
void note_late(ShedScene& scene, ShedView& service) {
  auto& memo = *service.memo;
  // An earlier daemon had not come to it.
  if (memo.is_recalled && service.presence == ShedPresence::up) return release(memo);
  // Or it had: what is seen next will say it, and nothing is killed that was perhaps never told to stop.
  if (memo.is_recalled && service.presence != ShedPresence::stopping)
    return enter(memo, ShedPhase::refusing, scene.now);
  if (memo.is_killed) return refuse(scene, service);
  if (!scene.sight) return;  // No reading, no action.
  memo.is_killed = true;
  memo.deadline = scene.now + kill_patience;
  scene.choice.actions.push_back(
      {.verb = ShedVerb::kill,
       .service = memo.name,
       .deadline = kill_patience,
       .bytes = memo.predicted_bytes,
       .is_rehearsed = memo.is_rehearsed,
       .reason = fmt::format("it has not ended within {}", duration_words(scene.now - memo.since))});
}

void follow_stopping(ShedScene& scene, ShedView& service) {
  auto& memo = *service.memo;
  if (service.presence == ShedPresence::down) return note_gone(scene, service);
  if (service.is_new_instance) return note_wanted(scene, service);
  note_before(scene, service);
  const bool is_critical = scene.memo().shortage == Shortage::critical;
  if (is_critical && !memo.is_killed)
    memo.deadline = std::min(*memo.deadline, scene.now + scene.rules.critical_stop_timeout);
  if (scene.now >= *memo.deadline) note_late(scene, service);
}

void follow_refusing(ShedScene& scene, ShedView& service) {
  if (service.presence == ShedPresence::down) return note_gone(scene, service);
  if (service.is_new_instance) return note_wanted(scene, service);
  auto& memo = *service.memo;
  const bool was_never_told = memo.is_recalled && !memo.is_killed && service.presence == ShedPresence::up;
  if (was_never_told || scene.now - memo.since >= hour) release(memo);
}

void judge(ShedScene& scene, ShedView& service) {
  auto& memo = *service.memo;
  const bool is_effective = memo.returned_bytes >= ineffective_share * memo.predicted_bytes;
  const auto text = fmt::format("{} came back, {} were expected",
                                bytes_words(static_cast<std::uint64_t>(memo.returned_bytes)),
                                bytes_words(static_cast<std::uint64_t>(memo.predicted_bytes)));
  scene.tell(is_effective ? Kind::freed : Kind::ineffective, &service, text);
  if (is_effective) return;
  memo.ineffective_until = scene.now + hour;
  ++scene.memo().ineffective;
}

void follow_settling(ShedScene& scene, ShedView& service) {
  auto& memo = *service.memo;
  if (service.presence == ShedPresence::up) return note_wanted(scene, service);
  if (scene.is_new) {
    double back = scene.usable() - memo.usable_before;
    if (const auto anonymous = scene.sight->anonymous_bytes;
        anonymous && scene.now - memo.since >= settle_min)
      back = std::max(back, memo.anonymous_before - *anonymous);
    memo.returned_bytes = std::max(memo.returned_bytes, back * memo.part);
  }
  const auto passed = scene.now - memo.since;
  const bool has_settled = memo.returned_bytes >= settled_share * memo.predicted_bytes;
  if (passed < settle_min || (!has_settled && passed < settle_max) || !scene.sight) return;
  judge(scene, service);
  enter(memo, ShedPhase::shed, scene.now);
}

void follow_shed(ShedScene& scene, ShedView& service) {
  auto& memo = *service.memo;
  if (service.presence == ShedPresence::up) {
    if (service.is_new_instance || service.facts->instance.empty()) return note_wanted(scene, service);
    return release(memo);  // It has been there all the time.
  }
  if (memo.is_rehearsed || service.facts->mode == Mode::act) return;
  scene.tell(Kind::forgotten, &service, "it is off, and its mode does not let it be started", true);
  release(memo);
}

void follow_starting(ShedScene& scene, ShedView& service) {
  auto& memo = *service.memo;
  if (service.presence == ShedPresence::up && service.facts->is_ready) {
    enter(memo, ShedPhase::warming, scene.now);
    memo.started_at = scene.now;
    memo.is_recalled = false;
    memo.samples.clear();
    return;
  }
  if (memo.is_recalled && service.presence == ShedPresence::down) {
    enter(memo, ShedPhase::shed, scene.now);
    memo.is_recalled = false;
    return;
  }
  if (scene.now < *memo.deadline) return;
  scene.tell(Kind::failed, &service, "it was started and did not come up", true);
  release(memo);
}

bool is_warm(const ShedScene& scene, const ShedView& service) {
  const auto& memo = *service.memo;
  if (scene.now - memo.since >= warm_max) return true;
  const auto& samples = memo.samples;
  if (samples.empty() || scene.now - samples.front().at < warm_window) return false;
  const auto old = std::ranges::find_if(samples.rbegin(), samples.rend(), [&](const ShedSample& it) {
    return scene.now - it.at >= warm_window;
  });
  return old != samples.rend() && std::abs(service.used_bytes - old->bytes) < warm_share * service.used_bytes;
}

void follow_warming(ShedScene& scene, ShedView& service) {
  auto& memo = *service.memo;
  if (service.presence == ShedPresence::down) return release(memo);  // It has died: as any other.
  if (service.presence != ShedPresence::up || !is_warm(scene, service)) return;
  scene.tell(
      Kind::restored, &service,
      fmt::format("it is back, after {}", duration_words(scene.now - memo.down_since.value_or(scene.now))));
  release(memo);
}

void follow(ShedScene& scene, ShedView& service) {
  switch (service.memo->phase) {
    case ShedPhase::up:
      return;
    case ShedPhase::stopping:
      return follow_stopping(scene, service);
    case ShedPhase::refusing:
      return follow_refusing(scene, service);
    case ShedPhase::settling:
      return follow_settling(scene, service);
    case ShedPhase::shed:
      return follow_shed(scene, service);
    case ShedPhase::starting:
      return follow_starting(scene, service);
    case ShedPhase::warming:
      return follow_warming(scene, service);
  }
}

/// Its size while it is up: the most, and what it begins with. One that leaks is large when it is stopped,
/// and small when it is started again.
void note_size(ShedScene& scene, ShedView& service) {
  const bool is_believed = service.is_use_known && scene.sight && service.used_bytes <= scene.total();
  if (service.presence != ShedPresence::up || !is_believed) return;
  auto& memo = *service.memo;
  const auto& facts = *service.facts;
  if (service.used_bytes >= faded_peak(memo, scene.now)) memo.peak = {scene.now, service.used_bytes};
  const bool is_new = facts.up_since && scene.now - *facts.up_since < settled_after;
  const bool is_noted = memo.settled_bytes > 0 && memo.settled_instance == facts.instance;
  if (is_new || is_noted) return;
  memo.settled_bytes = service.used_bytes;
  memo.settled_instance = facts.instance;
}

/// Several that end between two looks share what comes back.
void share_what_returns(ShedScene& scene) {
  const auto has_just_gone = [&](const ShedView& it) {
    return it.memo->phase == ShedPhase::settling && it.memo->since == scene.now;
  };
  double predicted = 0;
  std::size_t count = 0;
  for (const auto& it : scene.services) {
    if (!has_just_gone(it)) continue;
    predicted += it.memo->predicted_bytes;
    ++count;
  }
  if (count == 0) return;
  forget_growth(scene);
  for (auto& it : scene.services) {
    if (!has_just_gone(it)) continue;
    it.memo->part = predicted > 0 ? it.memo->predicted_bytes / predicted : 1;
    it.memo->returned_bytes =
        scene.is_new ? std::max(0.0, (scene.usable() - it.memo->usable_before) * it.memo->part) : 0;
  }
}

}  // namespace

void release(ShedServiceMemo& memo) {
  memo.phase = ShedPhase::up;
  memo.deadline.reset();
  memo.is_killed = false;
  memo.is_rehearsed = false;
  memo.is_recalled = false;
  memo.down_since.reset();
  memo.alarmed_at.reset();
  memo.instance.clear();
  memo.triggers.clear();
}

void follow_phases(ShedScene& scene) {
  for (auto& service : scene.services) {
    note_size(scene, service);
    std::erase_if(service.memo->sheds, [&](Instant it) { return scene.now - it >= hour; });
    if (service.memo->phase != ShedPhase::up && is_held_by_people(service)) {
      scene.tell(Kind::released, &service, "an administrator decides now whether it runs");
      release(*service.memo);
    }
    follow(scene, service);
  }
  share_what_returns(scene);
}

double pending_bytes(const ShedScene& scene) {
  double pending = 0;
  for (const auto& service : scene.services) {
    const auto& memo = *service.memo;
    if (memo.phase == ShedPhase::stopping) pending += memo.predicted_bytes;
    if (memo.phase == ShedPhase::settling)
      pending += std::max(0.0, memo.predicted_bytes - memo.returned_bytes);
  }
  return pending;
}

std::size_t count_phase(const ShedScene& scene, ShedPhase phase) {
  return static_cast<std::size_t>(
      std::ranges::count_if(scene.services, [phase](const ShedView& it) { return it.memo->phase == phase; }));
}

/// Nine of ten are no longer; of eight that is the longest.
Duration stop_time(const ShedServiceMemo& memo) {
  return memo.stop_times.empty() ? assumed_stop_time : *std::ranges::max_element(memo.stop_times);
}

double faded_peak(const ShedServiceMemo& memo, Instant now) {
  const double left = 1 - in_seconds(now - memo.peak.at) / in_seconds(peak_fades_within);
  return memo.peak.bytes * std::clamp(left, 0.0, 1.0);
}

}  // namespace systemcheck
