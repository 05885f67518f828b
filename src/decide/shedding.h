#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/units.h"
#include "config/config.h"
#include "decide/shed_facts.h"
#include "decide/shed_memo.h"

namespace systemcheck {

// Turns services off when usable memory falls below a threshold, and on again when there is room for them.
//
//   level    | enter                                                     | leave
//   ---------+-----------------------------------------------------------+------------------------------------
//   warn     | below `warn`                                              | a fifth above it for a minute
//   low      | below `below` for `below_for`, three readings at least;   | `target` for `restore_after`
//            | or swap is used up, or tasks wait, near it; or it will be |
//            | critical before a service could have ended                |
//   critical | below `critical`, two readings                            | `below`
//
// In low one service at a time is stopped, and the next only when it is seen what the first gave back; in
// critical up to three, with a short deadline, until what they will give back is enough. What is on its way
// counts as there. A service comes back when enough would be left with it, one at a time, and later each time
// that this was wrong.
//
// Pure: no clock, no files, no orders given. A reading that failed, is old or cannot be true leads to
// nothing. The intention stands in the memo: it has to be written down before the action is begun.

enum class ShedVerb {
  stop,   ///< the service and its triggers
  kill,   ///< everything that is left of it: it did not end in time
  start,  ///< the service and its triggers
};
template <>
struct Words<ShedVerb> {
  static constexpr int first = 0;
  static constexpr std::array<std::string_view, 3> all{"stop", "kill", "start"};
};

struct ShedAction {
  ShedVerb verb = ShedVerb::stop;
  std::string service{};
  Duration deadline{};
  double bytes = 0;  ///< expected to be freed, or to be used
  std::vector<std::string> triggers{};
  bool is_rehearsed = false;  ///< would be done: nothing is touched
  std::string reason{};       ///< one line for people
};

/// Something that people should know. Said once.
struct ShedNews {
  enum class Kind {
    began,        ///< memory has become low or critical
    ended,        ///< and is no longer
    freed,        ///< a service is off, and so much came back
    ineffective,  ///< a service is off, and little came back
    refused,      ///< a service does not end
    restored,     ///< a service is back, ready and grown to its size
    failed,       ///< a service did not come up: left to the restart policy
    adopted,      ///< a service that was down stays down: a start would have made things worse
    released,     ///< a service is no longer ours to start: somebody else has decided
    forgotten,    ///< a service is off and nobody will start it: it is observed now, or in no configuration
    overdue,      ///< a service is off for longer than was promised
    stuck,        ///< memory is low and nothing is left that would help
    blind,        ///< memory cannot be read
  };
  Kind kind = Kind::began;
  std::string service{};  ///< empty: the machine
  bool is_alarm = false;
  bool is_rehearsed = false;  ///< it would be so
  std::string text{};         ///< one line for people
};
template <>
struct Words<ShedNews::Kind> {
  static constexpr int first = 0;
  static constexpr std::array<std::string_view, 13> all{
      "began",   "ended",    "freed",     "ineffective", "refused", "restored", "failed",
      "adopted", "released", "forgotten", "overdue",     "stuck",   "blind"};
};

/// Why a service is as it is; one for each candidate, in their order.
struct ShedStanding {
  ShedPhase phase = ShedPhase::up;
  ShedObstacle obstacle = ShedObstacle::none;  ///< to being turned off; of one that is off, to being started
  std::optional<Instant> until{};              ///< the obstacle will be gone then, where that is known
  double bytes = 0;                            ///< expected to be freed, or to be used
};

struct ShedChoice {
  std::vector<ShedAction> actions{};
  std::vector<ShedNews> news{};
  std::vector<ShedStanding> standings{};
  ShedState state = ShedState::normal;
  Shortage shortage = Shortage::normal;
  std::string blindness{};                ///< why memory could not be read; empty: it could
  double usable_bytes = 0;                ///< with what a rehearsal would have freed
  double pending_bytes = 0;               ///< on its way
  std::optional<Duration> to_critical{};  ///< if it goes on falling like this
  Duration look_again{};                  ///< so long may pass until the next reading
  ShedMemo memo{};
};

/// A reading is worth nothing after this.
inline constexpr Duration memory_fresh_for = std::chrono::seconds{2};

ShedChoice decide_shedding(const MemoryRules& rules, ShedMemo memo, const Result<MemorySight>& sight,
                           std::span<const ShedCandidate> services, Instant now);

/// So much was usable, and it was not worth a decision. What comes is forecast from this, too.
void note_shed_glance(ShedMemo& memo, double usable_bytes, Instant at);

/// The daemon is stopped for good: what can be started again, and in this order.
ShedChoice decide_shed_exit(const MemoryRules& rules, ShedMemo memo, const Result<MemorySight>& sight,
                            std::span<const ShedCandidate> services, Instant now);

/// Whether this service is off, or on its way, by our doing: nobody else of ours may start it.
bool is_shed(const ShedServiceMemo& memo);

/// Why the restart policy may not start this service now; none: it may.
ShedObstacle start_obstacle(const MemoryRules& rules, const ShedMemo& memo, const ShedCandidate& service);

/// The order to start a service that was off has failed.
ShedMemo note_shed_start_failed(ShedMemo memo, const std::string& service);

/// For people: "turning it off for want of memory".
std::string_view verb_words(ShedVerb verb);
/// For people: "off: not enough memory would be left (needs 1.2 GiB)".
std::string standing_words(const ShedStanding& standing, Instant now);
/// The same of the whole: "1.2 GiB of memory are usable, 2 services are off".
std::string shed_words(const ShedChoice& choice);

}  // namespace systemcheck
