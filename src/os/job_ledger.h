#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace systemcheck {

/// Who wants a unit stopped? systemd does not say: a unit that somebody has stopped and one that ended by
/// itself look the same afterwards. But a stop comes as a job, and of our own jobs we know the paths. So
/// a stop job that is not ours was somebody else's wish, `systemctl stop` or a unit that conflicts.
///
/// Two things make it less simple. A job is announced before the answer that tells us it is ours: as long
/// as we wait for one, nothing is decided. And its type must be asked for, by which time a fast job may
/// be over: then a job that was done and leaves the unit inactive must have been a stop.
///
/// And of what happens while the bus is away nothing is heard. A unit that was active then and is inactive
/// afterwards was stopped by somebody, as far as anybody can tell: to leave it so is the smaller mistake.
///
/// Pure: fed with what the bus says of the units that are watched, in its order. Units by their own name,
/// not by an alias.
class JobLedger {
 public:
  /// No machine has so many; more are not remembered.
  static constexpr std::size_t jobs_max = 4096;

  /// We have asked for a job, and do not know its path yet.
  void note_request() { ++requests_; }
  /// The answer: its path and those of the jobs that it brought about; none if it was refused.
  void note_answer(const std::vector<std::string>& paths);
  void note_new(const std::string& path, const std::string& unit);
  /// "start", "stop", "restart", …; empty: the job is over already, nobody knows any more.
  void note_type(const std::string& path, std::string_view type);
  void note_removed(const std::string& path, std::string_view result);
  void note_state(const std::string& unit, std::string_view active_state);
  /// The bus was lost: of the jobs under way nothing more will be heard, nor of those that come meanwhile.
  void forget_jobs();

  /// That a job of it is not understood yet: what is seen of the unit now may lack its reason.
  [[nodiscard]] bool is_undecided(const std::string& unit) const;
  /// That somebody else has asked for a stop since the unit was last active.
  [[nodiscard]] bool stop_seen(const std::string& unit) const { return stopped_.contains(unit); }

 private:
  struct Job {
    std::string unit{};
    std::optional<std::string> type{};  ///< empty: nobody knows
    std::optional<std::string> result{};
    bool is_ours = false;
  };
  void settle();
  void settle_job(const Job& job);
  [[nodiscard]] bool is_stopping(const std::string& unit) const;

  std::size_t requests_ = 0;
  std::map<std::string, Job> jobs_{};
  std::set<std::string> ours_early_{};  ///< ours, not announced yet
  std::set<std::string> stopped_{};
  std::set<std::string> perhaps_stopped_{};
  std::set<std::string> active_{};          ///< as far as was heard
  std::set<std::string> out_of_hearing_{};  ///< active when the bus was lost, not seen at rest since
};

}  // namespace systemcheck
