#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/units.h"
#include "base/vocabulary.h"
#include "config/config.h"
#include "decide/cause.h"

namespace systemcheck {

/// What the restart decision of one service must remember between looks.
struct RestartMemo {
  bool was_up = false;                ///< since this daemon started
  std::optional<Instant> up_since{};  ///< set while it is up
  std::uint32_t gone_sightings = 0;   ///< independent sights of it being gone, since it was up
  std::optional<Instant> suspect_since{};
  std::uint32_t attempts = 0;  ///< since it was last healthy for `reset_after`
  bool is_in_flight = false;   ///< an order was given and has no outcome yet
  std::optional<Instant> attempt_began{};
  std::optional<Instant> verify_from{};  ///< the order succeeded then: a newer sight decides
  std::optional<Instant> verify_until{};
  std::optional<Instant> next_attempt{};
  std::optional<Suppressed> suppressed{};  ///< counted already for this time of being gone
};

/// What is known of one service at the moment of deciding.
struct RestartSituation {
  GoneEvidence evidence{};
  Instant sight_at{};         ///< when the finding in `evidence` was made
  bool is_new_sight = false;  ///< a sight that was not decided upon before
  bool has_way = true;        ///< there is a unit or a command to start it with
  Duration uptime{};          ///< of the machine
  double jitter = 0;          ///< -1 to 1, drawn anew each time
  std::string kill_switch{};  ///< why nothing may be touched on this machine; empty: it may
};

enum class RestartStep {
  none,
  look_again,  ///< at wake_at
  look_now,    ///< what is known is too old to act upon
  restart,
};

struct RestartChoice {
  RestartStep step = RestartStep::none;
  ServiceState state = ServiceState::unknown;
  Owner owner = Owner::systemcheck;
  std::string reason{};
  std::optional<Suppressed>
      newly_suppressed{};            ///< a restart is due and withheld: counted once for each time
  bool attempt_failed = false;       ///< the service did not come up in time
  std::optional<Instant> wake_at{};  ///< decide anew then at the latest
  RestartMemo memo{};
};

/// A machine is given this long after boot to start its services itself.
inline constexpr Duration boot_grace = std::chrono::minutes{2};
/// A restart acts on nothing older than this: somebody may have started the service since.
inline constexpr Duration fresh_for = std::chrono::seconds{1};
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
