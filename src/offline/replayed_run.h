#pragma once

#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "config/config.h"
#include "decide/on_machine.h"
#include "offline/played.h"

namespace systemcheck {

/// What every run of the replay is played with and adds to.
struct ReplayStage {
  const Config& config;
  std::span<const Recorded> moments;
  const PastOrders& orders;
  std::map<std::string, std::string> remembered{};  ///< what outlives a daemon, by service
  std::string remembered_guard{};                   ///< the same of the limit of the machine
  std::map<std::string, std::vector<Said>> said{};  ///< by service, in the order of time
  std::map<std::string, Duration> longest_down{};   ///< as predicted
};

/// One run of the daemon, played again in virtual time: each recorded situation is decided upon when it was,
/// and between two of them the decisions are made that wake up by themselves.
///
/// Observations are as recorded. A decision that changes something within `told_within` before the next
/// recorded one of its service is left to that one: timers of a real machine are late, and looks take their
/// time.
class ReplayedRun {
 public:
  static constexpr Duration told_within = std::chrono::seconds{1};
  /// A look that was wanted, and of which nothing new was recorded, was done after this.
  static constexpr Duration look_takes = std::chrono::milliseconds{20};
  /// More decisions than this between two recorded ones are none: something feeds itself.
  static constexpr std::size_t steps_max = 1'000'000;

  explicit ReplayedRun(ReplayStage& stage);

  /// The moments from `first` on, all of one run. Afterwards time goes on to `end`; what is decided then is
  /// said to be after the end of what is recorded.
  Status play(std::size_t first, std::size_t count, Instant end);

 private:
  enum class Event { order_ends, comes_up, looks, wakes };
  struct Next {
    Instant at{};
    Event event = Event::wakes;
    Played* service = nullptr;
  };

  void play_one(std::size_t place);
  void take_over(Instant now);
  void play_round(std::size_t first, std::size_t end);
  void let_see(Played& service, Instant sight, Instant now);
  Played* find(const std::string& name);
  void recall_guard(const Recorded& first);
  void recall(Played& service, const Recorded& moment, const PastSituation& situation);
  void install(Played& service, const Recorded& moment, const PastSituation& situation);
  static void follow_reality(Played& service, const PastSituation& then);
  void decide_recorded(std::size_t place);
  void take_demand(Played& service, const PastDemand& past, Instant now);
  void take_outcome(Played& service, const PastOutcome& outcome, Instant now);

  Status advance(Instant until);
  [[nodiscard]] Next next_event();
  void happen(const Next& next);
  void wake(Played& service, Instant now);
  void look(Played& service, Instant now);
  void end_order(Played& service, Instant now);
  void come_up(Played& service, Instant now);
  [[nodiscard]] bool is_told_soon(const Played& service, Instant now) const;

  /// Nothing where it is left to what is recorded next.
  std::optional<RestartChoice> choose(Played& service, Instant now, const PastSituation* recorded);
  void decide(Played& service, Instant now, const PastSituation* recorded = nullptr);
  void say(const Played& service, const RestartChoice& choice, const std::string& taken, Instant now);
  void plan_wake(Played& service, const RestartChoice& choice, Instant now);
  /// Returns what is taken to come of it, in words; empty: it is the one that was given then.
  std::string begin_order(Played& service, Instant now, const PastSituation* recorded);
  [[nodiscard]] std::string waits_for(const Played& service);
  [[nodiscard]] MachineRules rules_of(const Played& service);
  void wake_dependents(const std::string& name, Instant now);
  void note_down(Played& service, Instant now);
  [[nodiscard]] WallTime wall(Instant instant) const;

  ReplayStage& stage_;
  std::vector<std::unique_ptr<Played>> services_{};  ///< each behind those that it comes after
  std::map<std::string, Played*> by_name_{};
  std::map<std::string, Instant> down_since_{};
  HostGuard guard_{};
  std::optional<Instant> taken_over_at_{};
  std::string boot_id_{};
  std::int64_t run_ = 0;
  WallTime last_at_{};  ///< of what was recorded last, by both clocks
  Instant last_instant_{};
  std::size_t place_ = 0;  ///< of what comes next
  std::size_t steps_ = 0;
  bool is_after_end_ = false;
};

}  // namespace systemcheck
