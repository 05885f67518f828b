#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "decide/shedding.h"

// How the parts of decide_shedding() see the world: what is, or in a rehearsal what would be.

namespace systemcheck {

/// What the thresholds come to on this machine.
struct ShedThresholds {
  double warn = 0;
  double warn_end = 0;
  double below = 0;
  double critical = 0;
  double target = 0;
  double near = 0;   ///< where swap and pressure begin to count
  double floor = 0;  ///< to be left after a start
};

struct ShedView {
  const ShedCandidate* facts = nullptr;
  ShedServiceMemo* memo = nullptr;
  ShedPresence presence = ShedPresence::unknown;
  bool is_new_instance = false;  ///< up, and another one than was told to stop
  double used_bytes = 0;         ///< 0: off, or not known
  bool is_use_known = false;
};

struct ShedScene {
  const MemoryRules& rules;
  ShedChoice& choice;
  Instant now{};
  std::vector<ShedView> services{};
  ShedThresholds thresholds{};
  std::optional<MemorySight> sight{};  ///< sound and fresh, rehearsals included
  bool is_new = false;                 ///< not decided upon before

  [[nodiscard]] ShedMemo& memo() const { return choice.memo; }
  [[nodiscard]] double usable() const { return sight->usable_bytes; }
  [[nodiscard]] double total() const { return sight->total_bytes; }
  void tell(ShedNews::Kind kind, const ShedView* service, std::string text, bool is_alarm = false) const {
    choice.news.push_back({.kind = kind,
                           .service = service == nullptr ? std::string{} : service->facts->name,
                           .is_alarm = is_alarm,
                           .is_rehearsed = service != nullptr && service->memo->is_rehearsed,
                           .text = std::move(text)});
  }
};

/// For people. What was subtracted from each other may be less than nothing by a little.
inline std::string bytes_of(double bytes) {
  return bytes_words(static_cast<std::uint64_t>(std::max(0.0, bytes)));
}

// Times that nobody needs to set.
inline constexpr Duration warn_calm_for = std::chrono::minutes{1};
inline constexpr std::uint32_t low_readings_min = 3;
inline constexpr std::uint32_t critical_readings_min = 2;
inline constexpr Duration settle_min = std::chrono::seconds{2};
inline constexpr Duration settle_max = std::chrono::seconds{10};
inline constexpr double settled_share = 0.7;
inline constexpr double ineffective_share = 0.3;
inline constexpr std::uint32_t ineffective_max = 2;
inline constexpr Duration hour = std::chrono::hours{1};
inline constexpr Duration kill_patience = std::chrono::seconds{5};
/// Soon after a start: what memory is short of then is its doing.
inline constexpr Duration retrigger_window = std::chrono::minutes{15};
/// A gap in the readings that leaves what was counted before it.
inline constexpr Duration blind_patience = std::chrono::seconds{10};
inline constexpr Duration wanted_for = std::chrono::minutes{10};
inline constexpr Duration warm_max = std::chrono::minutes{1};
inline constexpr Duration warming_watched_for = std::chrono::minutes{10};
inline constexpr Duration peak_fades_within = std::chrono::hours{24};
inline constexpr double need_factor = 1.25;

// shed_phases.cc: what has become of what was ordered.
void follow_phases(ShedScene& scene);
/// It is nobody's but the restart policy's, or whoever's, from now on.
void release(ShedServiceMemo& memo);
/// What has been told to stop and has not come back yet.
double pending_bytes(const ShedScene& scene);
std::size_t count_phase(const ShedScene& scene, ShedPhase phase);
/// The time that most stops of this service have taken.
Duration stop_time(const ShedServiceMemo& memo);
/// The most that it used lately.
double faded_peak(const ShedServiceMemo& memo, Instant now);

// shed_levels.cc
ShedThresholds thresholds_of(const MemoryRules& rules, double total_bytes, std::uint32_t oom_kills);
void follow_shortage(ShedScene& scene);
bool is_low_confirmed(const ShedScene& scene);
bool is_swap_used_up(const ShedScene& scene);
bool is_pressed(const ShedScene& scene);

// shed_forecast.cc
struct Fall {
  double bytes_per_second = 0;
  Duration to_critical{};
};
/// How fast usable memory falls, where it does so steadily.
std::optional<Fall> find_fall(const ShedScene& scene);
void note_history(ShedScene& scene);
/// Whether it has eaten most of what was lost within the last minute.
bool is_culprit(const ShedScene& scene, const ShedView& service);
void forget_growth(ShedScene& scene);

// shed_order.cc
struct ShedNeed {
  ShedCause cause = ShedCause::low;
  double deficit_bytes = 0;
};
ShedObstacle stop_obstacle(const ShedScene& scene, const ShedView& service, bool is_critical);
/// Who goes next; null: nobody is left.
ShedView* choose_victim(ShedScene& scene, const ShedNeed& need);

// shed_stops.cc
void decide_stops(ShedScene& scene);

// shed_restore.cc
struct Headroom {
  double need_bytes = 0;
  double left_bytes = 0;
};
enum class Caution {
  usual,    ///< it may need as much as it ever did
  attempt,  ///< it is off for too long: it may need as much as soon after a start
};
Headroom headroom_for(const ShedScene& scene, const ShedView& service, Caution caution = Caution::usual);
ShedStanding start_standing(const ShedScene& scene, const ShedView& service);
void decide_starts(ShedScene& scene);
/// All that fit, one after the other: nobody waits for them any more.
void decide_exit_starts(ShedScene& scene);

}  // namespace systemcheck
