#pragma once

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "config/protected_units.h"
#include "decide/shedding.h"

// What must hold in every run, by what is seen from outside: readings, services, actions and news. It keeps
// books of its own, so that a mistake in those of the decision is found.

namespace systemcheck::test {

struct WatchedStep {
  const MemoryRules& rules;
  std::optional<MemorySight> sight{};
  std::span<const ShedCandidate> candidates{};
  const ShedChoice& choice;
  bool has_faults = false;
  Instant now{};
};

class ShedWatch {
 public:
  [[nodiscard]] const std::string& violation() const { return violation_; }

  void look(const WatchedStep& step) {
    note_reading(step);
    note_services(step);
    for (const auto& news : step.choice.news)
      note_news(step, news);
    for (const auto& action : step.choice.actions)
      check_action(step, action);
    check_overdue(step);
    if (!step.has_faults) check_that_something_is_done(step);
  }
  /// The daemon ended before it came to this. Of a service that ends by itself before the stop would have
  /// been over nobody can tell that it was not stopped: it is off, and comes back as those that were.
  void note_lost(const ShedAction& action, Instant now) {
    auto& it = services_[action.service];
    if (action.verb == ShedVerb::stop) {
      it.is_stopping = it.is_off = false;
      it.intended_until = now + action.deadline;
    }
    if (action.verb == ShedVerb::start) {
      it.is_starting = false;
      it.is_off = true;
      it.down_since = it.was_down_since;
      last_start_ = previous_start_;
    }
  }
  void note_crash() {
    for (auto& [name, it] : services_)
      it.is_stopping = false;  // Whether it knows of them is for its notes to show.
  }
  void note_restart(const std::string& service) {
    if (services_[service].is_off) break_off("P8", service + " is off, and was restarted");
  }

 private:
  struct Known {
    bool is_off = false;       ///< told to stop, or kept off, and not told to start since
    bool is_stopping = false;  ///< told to stop, and not gone yet
    bool is_starting = false;
    std::optional<Instant> intended_until{};  ///< the stop is written down, and was never ordered
    double size = 0;                          ///< when it was told to stop
    double young_size = 0;                    ///< when it was two minutes old, or first seen
    std::string young_instance{};
    std::optional<Instant> down_since{};
    std::optional<Instant> was_down_since{};  ///< before the last start
    std::optional<Instant> tried_at{};        ///< the last attempt, or alarm
    std::optional<Instant> started_at{};
    std::deque<Instant> stops{};
    int backoffs = 0;
    Instant next_start{};
  };

  void break_off(const char* property, const std::string& what) {
    if (violation_.empty()) violation_ = fmt::format("{}: {}", property, what);
  }

  static double share(const WatchedStep& step, double bytes) { return bytes / step.sight->total_bytes; }

  // Readings.

  [[nodiscard]] bool is_sound(const WatchedStep& step) const {
    if (!step.sight) return false;
    const auto& it = *step.sight;
    const bool is_possible = std::isfinite(it.usable_bytes) && it.total_bytes > 0 && it.usable_bytes >= 0 &&
                             it.usable_bytes <= it.total_bytes;
    const bool is_fresh = it.taken <= step.now && step.now - it.taken <= std::chrono::seconds{2};
    return is_possible && is_fresh && (!last_taken_ || it.taken > *last_taken_);
  }

  void note_reading(const WatchedStep& step) {
    is_sound_ = is_sound(step);
    if (!is_sound_) return;
    const auto& it = *step.sight;
    last_taken_ = it.taken;
    usable_ = share(step, it.usable_bytes);
    const bool is_swapped =
        it.swap_total_bytes > 0 && it.swap_free_bytes < 0.1 * it.swap_total_bytes && usable_ < 0.2;
    count(low_, usable_ < 0.10 || is_swapped, step.now);
    count(critical_, usable_ < 0.05, step.now);
    count(roomy_, usable_ >= 0.15, step.now);
    count(enough_, usable_ >= 0.10, step.now);
    if (critical_.readings >= 2) is_critical_ = true;
    if (usable_ >= 0.10) is_critical_ = false;
    recent_.emplace_back(step.now, usable_);
    if (it.waiting_seconds) waited_.emplace_back(step.now, *it.waiting_seconds);
    while (step.now - recent_.front().first > std::chrono::seconds{10})
      recent_.pop_front();
    while (!waited_.empty() && step.now - waited_.front().first > std::chrono::seconds{8})
      waited_.pop_front();
    if (!kills_at_begin_) kills_at_begin_ = it.oom_kills;
    kills_ = it.oom_kills - *kills_at_begin_;
  }

  struct Streak {
    int readings = 0;
    Instant since{};
  };
  static void count(Streak& streak, bool is_so, Instant now) {
    if (is_so && streak.readings == 0) streak.since = now;
    streak.readings = is_so ? streak.readings + 1 : 0;
  }
  static bool lasts(const Streak& streak, Duration duration, Instant now) {
    return streak.readings > 0 && now - streak.since >= duration;
  }

  // Services.

  void note_services(const WatchedStep& step) {
    for (const auto& facts : step.candidates) {
      auto& it = services_[facts.name];
      note_intended(it, facts, step.now);
      if (facts.presence == ShedPresence::down && it.is_off && !it.down_since) it.down_since = step.now;
      if (facts.presence == ShedPresence::down) it.is_stopping = false;
      if (facts.presence == ShedPresence::up && it.is_starting) {
        it.is_starting = false;
        it.started_at = step.now;
      }
      const bool is_new = facts.up_since && step.now - *facts.up_since < std::chrono::minutes{2};
      const bool is_measured = facts.presence == ShedPresence::up && facts.anonymous_bytes && !is_new;
      if (is_measured && it.young_instance != facts.instance) {
        it.young_instance = facts.instance;
        it.young_size = *facts.anonymous_bytes;
      }
      while (!it.stops.empty() && step.now - it.stops.front() >= std::chrono::hours{1})
        it.stops.pop_front();
    }
  }

  static void note_intended(Known& it, const ShedCandidate& facts, Instant now) {
    if (!it.intended_until || facts.presence == ShedPresence::unknown) return;
    const bool is_down = facts.presence == ShedPresence::down;
    if (is_down) it.is_off = true;
    if (is_down || now >= *it.intended_until) it.intended_until.reset();
  }

  void note_news(const WatchedStep& step, const ShedNews& news) {
    using Kind = ShedNews::Kind;
    auto& it = services_[news.service];
    const auto* facts = find(step, news.service);
    if (news.kind == Kind::overdue) it.tried_at = step.now;
    if (news.kind == Kind::adopted) {
      it.is_off = true;
      it.down_since = step.now;
      if (facts->presence != ShedPresence::down || facts->held_by)
        break_off("P8", "adopted: " + news.service);
    }
    if (news.kind == Kind::refused) it.is_stopping = false;
    if (news.kind == Kind::failed || news.kind == Kind::forgotten || news.kind == Kind::released) end_of(it);
    if (news.kind == Kind::restored && (facts->presence != ShedPresence::up))
      break_off("P8", news.service + " is not back");
    const bool may_release =
        facts != nullptr && (facts->held_by == Owner::admin || facts->presence == ShedPresence::up);
    if (news.kind == Kind::released && !may_release)
      break_off("P8", news.service + " released for no reason");
  }
  static void end_of(Known& it) {
    it.is_off = it.is_stopping = it.is_starting = false;
    it.intended_until.reset();
    it.down_since.reset();
    it.tried_at.reset();
  }

  static const ShedCandidate* find(const WatchedStep& step, const std::string& name) {
    const auto found = std::ranges::find(step.candidates, name, &ShedCandidate::name);
    return found == step.candidates.end() ? nullptr : &*found;
  }
  static const ShedServiceMemo& memo_of(const WatchedStep& step, const std::string& name) {
    return *std::ranges::find(step.choice.memo.services, name, &ShedServiceMemo::name);
  }

  // Actions.

  void check_action(const WatchedStep& step, const ShedAction& action) {
    const auto* facts = find(step, action.service);
    if (facts == nullptr) return break_off("P1", action.service + " is unknown");
    if (!step.sight) return break_off("P6", "an action without a reading");
    const bool is_free = facts->priority && facts->mode == Mode::act && facts->protection.empty() &&
                         !is_protected_unit(facts->unit) &&
                         std::ranges::find(step.rules.protect, facts->unit) == step.rules.protect.end();
    if (!is_free) return break_off("P1", action.service + " may not be touched");
    if (facts->held_by) return break_off("P8", action.service + " is somebody else's");
    if (action.verb == ShedVerb::kill) return check_kill(*facts);
    if (!is_sound_) return break_off("P6", "an action by a reading that is no good");
    if (action.verb == ShedVerb::stop) check_stop(step, *facts);
    if (action.verb == ShedVerb::start) check_start(step, *facts);
  }

  void check_kill(const ShedCandidate& facts) {
    if (!services_[facts.name].is_off) break_off("P1", facts.name + " killed, and never told to stop");
  }

  [[nodiscard]] bool has_fallen() const {
    double highest = 0;
    for (const auto& [at, usable] : recent_)
      highest = std::max(highest, usable);
    return recent_.size() >= 5 && usable_ < highest;
  }
  [[nodiscard]] bool has_waited() const {
    return waited_.size() > 2 && waited_.back().second - waited_.front().second >= 0.4 && usable_ < 0.20;
  }

  void check_cause(const WatchedStep& step, const std::string& name, ShedCause cause) {
    const bool is_low = low_.readings >= 3 && lasts(low_, step.rules.below_for, step.now);
    const bool is_right = (cause == ShedCause::low && is_low && usable_ < 0.10) ||
                          (cause == ShedCause::swap && is_low) ||
                          (cause == ShedCause::critical && is_critical_) ||
                          (cause == ShedCause::forecast && usable_ < 0.15 && has_fallen()) ||
                          (cause == ShedCause::pressure && has_waited());
    if (!is_right) break_off("P6", fmt::format("{} stopped for {} at {:.3f}", name, word(cause), usable_));
  }

  void check_stop(const WatchedStep& step, const ShedCandidate& facts) {
    auto& it = services_[facts.name];
    const auto cause = memo_of(step, facts.name).cause;
    check_cause(step, facts.name, cause);
    if (facts.presence != ShedPresence::up || it.is_off) break_off("P1", facts.name + " is not up");
    if (it.stops.size() >= 3) break_off("P2", facts.name + " stopped a fourth time within an hour");
    double pending = 0;
    std::size_t outstanding = 0;
    for (const auto& [name, other] : services_) {
      if (!other.is_stopping) continue;
      pending += other.size / step.sight->total_bytes;
      ++outstanding;
    }
    const bool is_urgent = cause == ShedCause::critical || cause == ShedCause::forecast;
    const bool is_near = cause == ShedCause::swap || cause == ShedCause::pressure;
    const double goal =
        (is_near ? 0.20 : 0.15) + 0.05 * static_cast<double>(std::min<std::uint64_t>(kills_, 3));
    if (outstanding >= (is_urgent ? 3U : 1U))
      break_off("P5", fmt::format("{} stops at once", outstanding + 1));
    if (usable_ + pending >= goal) break_off("P5", facts.name + " although enough is on its way");
    const auto up_since = std::max(facts.up_since, it.started_at);
    const bool is_young = up_since && step.now - *up_since < step.rules.min_up;
    if (cause != ShedCause::critical && is_young) break_off("P2", facts.name + " has just been started");
    if (cause != ShedCause::critical && *facts.anonymous_bytes < 0.01 * step.sight->total_bytes)
      break_off("P5", facts.name + " is too small");
    book_stop(step, facts, it);
  }

  static void book_stop(const WatchedStep& step, const ShedCandidate& facts, Known& it) {
    const bool is_soon = it.started_at && step.now - *it.started_at <= std::chrono::minutes{15};
    if (is_soon) {
      ++it.backoffs;
    } else if (it.stops.empty()) {
      it.backoffs = 0;
    }
    Duration pause = it.backoffs == 0 ? step.rules.min_down : step.rules.backoff;
    for (int i = 1; i < it.backoffs; ++i)
      pause = std::min(step.rules.backoff_max, pause * 2);
    it.next_start = step.now + pause;
    it.is_off = it.is_stopping = true;
    it.is_starting = false;
    it.intended_until.reset();
    it.size = *facts.anonymous_bytes;
    it.down_since.reset();
    it.tried_at.reset();
    it.stops.push_back(step.now);
  }

  [[nodiscard]] double growth_to_come(const WatchedStep& step) const {
    double bytes = 0;
    for (const auto& facts : step.candidates) {
      const auto found = services_.find(facts.name);
      if (found == services_.end() || !found->second.started_at || !facts.anonymous_bytes) continue;
      const auto& it = found->second;
      const bool is_new =
          facts.presence == ShedPresence::up && step.now - *it.started_at < std::chrono::minutes{10};
      if (is_new) bytes += std::max(0.0, 0.9 * it.size - *facts.anonymous_bytes);
    }
    return bytes;
  }

  void check_start(const WatchedStep& step, const ShedCandidate& facts) {
    auto& it = services_[facts.name];
    if (!it.is_off || facts.presence != ShedPresence::down) break_off("P8", facts.name + " is not off");
    if (is_critical_) break_off("P4", "a start while memory is critical");
    const bool is_overdue = step.rules.max_down > Duration::zero() && it.down_since &&
                            step.now - *it.down_since >= step.rules.max_down;
    const double size = is_overdue ? std::min(it.size, it.young_size) : it.size;
    const double need = (1.25 * size + growth_to_come(step)) / step.sight->total_bytes;
    const double floor = is_overdue ? 0.10 : 0.15;
    if (usable_ - need < floor - 1e-9)
      break_off("P4", fmt::format("{} leaves {:.4f}", facts.name, usable_ - need));
    if (!lasts(is_overdue ? enough_ : roomy_, step.rules.restore_after, step.now))
      break_off("P4", facts.name + " is started too soon after a shortage");
    if (!is_overdue && step.now < it.next_start)
      break_off("P4", facts.name + " is started before its backoff");
    if (it.down_since && step.now - *it.down_since < step.rules.min_down)
      break_off("P4", facts.name + " is started at once");
    if (it.stops.size() >= 3) break_off("P2", facts.name + " would have to be stopped a fourth time");
    if (last_start_ && step.now - *last_start_ < step.rules.restore_gap)
      break_off("P4", "two starts too close");
    for (const auto& [name, other] : services_) {
      if (other.is_stopping || other.is_starting)
        break_off("P4", facts.name + " while " + name + " is in hand");
    }
    previous_start_ = last_start_;
    last_start_ = step.now;
    it.is_off = false;
    it.is_starting = true;
    it.tried_at = step.now;
    it.was_down_since = std::exchange(it.down_since, std::nullopt);
  }

  void check_overdue(const WatchedStep& step) {
    if (step.rules.max_down == Duration::zero()) return;
    for (const auto& [name, it] : services_) {
      if (!it.is_off || !it.down_since) continue;
      const auto since = std::max(it.down_since, it.tried_at);
      const auto longest = it.tried_at && *it.tried_at > *it.down_since ? Duration(std::chrono::hours{1})
                                                                        : step.rules.max_down;
      if (step.now - *since > longest + std::chrono::seconds{5})
        break_off("P9", name + " is off for too long, and nobody is told");
    }
  }

  // That something is done at all.

  [[nodiscard]] bool has_candidate(const WatchedStep& step) const {
    return std::ranges::any_of(step.candidates, [&](const ShedCandidate& facts) {
      const auto& it = services_.at(facts.name);
      const auto began = std::max(facts.up_since, it.started_at);
      const bool is_settled = !began || step.now - *began > step.rules.min_up + std::chrono::minutes{10};
      return facts.presence == ShedPresence::up && !it.is_off && it.stops.size() < 3 && is_settled &&
             facts.anonymous_bytes.value_or(0) > 0.011 * step.sight->total_bytes;
    });
  }
  void check_that_something_is_done(const WatchedStep& step) {
    if (!is_sound_ || !has_candidate(step)) {
      idle_since_ = step.now;
      return;
    }
    const bool is_in_hand =
        std::ranges::any_of(services_, [](const auto& it) { return it.second.is_stopping; });
    if (is_in_hand || !idle_since_) idle_since_ = step.now;
    const auto idle = step.now - *idle_since_;
    // A stop has to be seen to be in vain first: settle_max.
    if (lasts(critical_, std::chrono::seconds{12}, step.now) && idle > std::chrono::seconds{12})
      break_off("P13", "memory is critical, and nothing is done");
    if (lasts(low_, std::chrono::seconds{25}, step.now) && idle > std::chrono::seconds{25})
      break_off("P13", "memory is low, and nothing is done");
  }

  std::string violation_{};
  std::map<std::string, Known> services_{};
  bool is_sound_ = false;
  bool is_critical_ = false;
  double usable_ = 1;
  std::optional<Instant> last_taken_{};
  Streak low_{};
  Streak critical_{};
  Streak roomy_{};
  Streak enough_{};
  std::deque<std::pair<Instant, double>> recent_{};
  std::deque<std::pair<Instant, double>> waited_{};
  std::optional<Instant> last_start_{};
  std::optional<Instant> previous_start_{};
  std::optional<Instant> idle_since_{};
  std::optional<std::uint64_t> kills_at_begin_{};
  std::uint64_t kills_ = 0;
};

}  // namespace systemcheck::test
