#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/identity.h"
#include "base/units.h"
#include "base/vocabulary.h"
#include "collect/socket_owner.h"
#include "config/config.h"
#include "decide/cause.h"
#include "decide/host_guard.h"
#include "decide/ownership.h"

namespace systemcheck {

// The states, what leads from one to the next, and what is done on the way. A row further up goes before
// those below it; "gone", "alive" and the owners are those of cause.h.
// clang-format off
//
//   in         | seen                                               | next        | what is done
//   -----------+----------------------------------------------------+-------------+-----------------------
//   any        | an order is in flight                              | restarting  |
//   restarting | order done, not yet seen alive and healthy         | restarting  | look again
//   restarting | the same, and start_timeout is over                | waiting     | attempt failed
//   restarting | alive, and a stranger has its port                 |             | as not yet seen alive
//   restarting | seen so once, and not a second later               | restarting  | look again
//   restarting | seen so once, and gone                             | waiting     | attempt failed
//   any        | the reading failed or is too old                   | unknown     |
//   any        | not installed                                      | absent      |
//   any        | gone, somebody else owns it                        | held        |
//   any        | gone, not confirmed; in its grace                  | suspect     | look again
//   any        | gone, confirmed; mode observe or disabled, no way  | down        | tell what it would do
//   any        | due; dies again and again, one of the next three   | flapping    |
//   any        | due; pause of the backoff, or until backoff_max    | waiting     |
//   any        | due; a service it comes after is down              | waiting     |
//   any        | due; limit of the machine                          | waiting     |
//   any        | due; the death is newer than the sight             | down        | look now
//   any        | due; the sight is old                              | waiting     | look now
//   any        | due                                                | restarting  | restart
//   any        | alive, has died again and again                    | flapping    |
//   any        | alive, no answer, the machine is busy              | overloaded  |
//   any        | alive, no answer or a wrong one                    | as when due | restart, by the ladder
//   any        | alive, a stranger has its port since its start     | degraded    |
//   any        | alive, something complains, wrong count            | degraded    |
//   any        | alive                                              | up          |
//
// clang-format on

/// What the restart decision of one service must remember between looks.
struct RestartMemo {
  bool was_up = false;                ///< since this daemon started
  std::optional<Instant> up_since{};  ///< set while it is up
  std::uint32_t gone_sightings = 0;   ///< independent sights of it being gone, since it was up
  std::optional<Instant> suspect_since{};
  std::uint32_t attempts = 0;  ///< since it was last healthy for `reset_after`
  bool is_in_flight = false;   ///< an order was given and has no outcome yet
  bool is_ordered = false;     ///< the start in flight, or being verified, is what a person asked for
  bool is_port_lost = false;   ///< its last start has failed for a stranger on its port, who is still there
  std::optional<Instant> attempt_began{};
  std::optional<Instant> verify_from{};  ///< the order succeeded then: a newer sight decides
  std::optional<Instant> verify_until{};
  std::optional<Instant>
      came_up_at{};  ///< seen alive and healthy then, for the first time since `verify_from`
  std::optional<ProcessIdentity> came_up_as{};  ///< its main process at that time
  std::optional<Instant> next_attempt{};
  std::optional<Suppressed> suppressed{};  ///< counted already for this time of being gone
  std::optional<Instant> gone_since{};     ///< set while it is gone, or alive and to be restarted
  bool is_death_counted = false;           ///< in `deaths`, of this time of being gone
  std::vector<Instant> deaths{};           ///< those within flapping.per, the oldest first
  bool is_flapping = false;
};

/// What its probes and resource rules say of a service that is alive.
struct Health {
  enum class Kind {
    fine,
    unproven,   ///< no probe has had an answer since its start
    complains,  ///< something is not as it should be: people are told
    hangs,      ///< no answer in time: it hangs, or the machine is too busy
    fails,      ///< refused, reset, or a wrong answer
    too_big,    ///< it uses more than its rules allow, and is to be restarted for it
  };
  Kind kind = Kind::fine;
  std::string reason{};  ///< one line for people
};

/// What is known of one service at the moment of deciding.
struct RestartSituation {
  GoneEvidence evidence{};
  Instant sight_at{};                     ///< when the finding in `evidence` was made
  bool is_new_sight = false;              ///< a sight that was not decided upon before
  bool has_way = true;                    ///< there is a unit or a command to start it with
  std::optional<ProcessIdentity> main{};  ///< its main process, as far as one lives and is known
  Health health{};
  /// Answers its probes; looked for from its start until it has its port.
  std::optional<PortStranger> port_stranger{};
  bool is_machine_busy = false;  ///< load or pressure are so high that time-outs prove nothing
  std::optional<Claim> claim{};  ///< the highest that stands
  std::string waits_for{};       ///< a service that it comes after and that is being brought back; or empty
  HostVerdict host{};
  Duration uptime{};          ///< of the machine
  double jitter = 0;          ///< -1 to 1, drawn anew each time
  std::string kill_switch{};  ///< why nothing may be touched on this machine; empty: it may
  std::string under_way{};    ///< what a person has ordered and is being done, in words
};

enum class RestartStep {
  none,
  look_again,  ///< at wake_at
  look_now,    ///< what is known is too old to act upon
  restart,
};

/// How a restart is done: what is alive is disturbed as little as may help, and more with each attempt.
enum class Rung { start, reload, restart, stop_and_start };

struct RestartChoice {
  RestartStep step = RestartStep::none;
  Rung rung = Rung::start;
  ServiceState state = ServiceState::unknown;
  Owner owner = Owner::systemcheck;
  std::string reason{};
  std::optional<Suppressed>
      newly_suppressed{};       ///< a restart is due and withheld: counted once for each time
  bool attempt_failed = false;  ///< the service did not come up in time
  bool is_alive = false;
  bool has_come_up = false;          ///< after a start, told once; it is still watched whether it stays up
  bool is_newly_due = false;         ///< a death that is ours to undo, told once
  std::optional<Instant> wake_at{};  ///< decide anew then at the latest
  RestartMemo memo{};
};

/// A machine is given this long after boot to start its services itself.
inline constexpr Duration boot_grace = std::chrono::minutes{2};
/// A restart acts on nothing older than this: somebody may have started the service since.
inline constexpr Duration fresh_for = std::chrono::seconds{1};
/// For a service that it comes after one waits so long at most: a log that cannot be started must not keep
/// the web server down.
inline constexpr Duration dependency_wait_max = std::chrono::minutes{1};
/// While something is unsettled or being verified, one looks again after this, then at a tenth of the
/// time that it lasts already: a slow start or a riddle that stays costs few looks.
inline constexpr Duration look_again_after = std::chrono::milliseconds{100};
inline constexpr Duration verify_again_after = std::chrono::milliseconds{20};
inline constexpr Duration look_again_after_max = std::chrono::seconds{30};
/// The same while packages are being changed.
inline constexpr Duration look_again_in_upgrade = std::chrono::seconds{1};
/// Attempts wait for this share of their backoff more or less, so that a fleet does not move in step.
inline constexpr double jitter_share = 0.1;

/// Pure: no clock, no files, no orders given. A failed or stale reading never leads to a restart.
RestartChoice decide_restart(const Service& service, const RestartPolicy& policy, RestartMemo memo,
                             const RestartSituation& situation, Instant now);

/// What is to be remembered when an order was given, and when its outcome is known.
RestartMemo note_attempt(RestartMemo memo, Instant now);
struct AttemptEnd {
  bool has_succeeded = false;  ///< so the command says
  double jitter = 0;           ///< as in RestartSituation
  Instant at{};
};
RestartMemo note_outcome(RestartMemo memo, const Service& service, const RestartPolicy& policy,
                         const AttemptEnd& end);

/// The pause after attempt number `attempts` (1 is the first): backoff, doubled each time up to the cap.
Duration restart_pause(const RestartPolicy& policy, std::uint32_t attempts, double jitter);
/// Whether every further pause is the longest one: it keeps trying, and people are told.
bool is_at_cap(const RestartPolicy& policy, const RestartMemo& memo);

}  // namespace systemcheck
