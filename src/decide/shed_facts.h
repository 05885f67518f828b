#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/units.h"
#include "base/vocabulary.h"

// What the decision to turn services off, and on again, is made of. Bytes are doubles: they are subtracted
// from each other and multiplied by shares, and a figure that is none must be recognised as such.

namespace systemcheck {

/// One look at the memory of the machine.
struct MemorySight {
  Instant taken{};
  double total_bytes = 0;
  double usable_bytes = 0;  ///< Memory::usable_bytes()
  /// AnonPages: falls at once when a process ends, also where usable_bytes lags behind.
  std::optional<double> anonymous_bytes{};
  double swap_total_bytes = 0;
  double swap_free_bytes = 0;
  /// Since boot: in how many seconds at least one task waited for memory. Without a value: no such kernel.
  std::optional<double> waiting_seconds{};
  std::uint64_t oom_kills = 0;  ///< since boot
};

enum class ShedPresence {
  unknown,  ///< the reading failed: nothing is concluded from it
  up,
  starting,
  stopping,
  down,
};

/// One configured service, as it is at this moment.
struct ShedCandidate {
  std::string name{};
  std::string unit{};
  std::optional<std::uint32_t> priority{};  ///< Service::shed_priority
  Mode mode = Mode::observe;
  ShedPresence presence = ShedPresence::unknown;
  /// Of what is up: changes with every start (the InvocationID, or the main process). Empty: not known.
  std::string instance{};
  std::optional<Instant> up_since{};
  bool is_ready = true;  ///< its probes agree, where it has any
  /// What ending it would give back: anonymous memory, shared pages counted once.
  std::optional<double> anonymous_bytes{};
  /// Who else decides whether it runs, with a higher claim than ours. `shed` and `systemcheck` do not count.
  std::optional<Owner> held_by{};
  bool is_restart_due = false;          ///< it is down against everybody's will, and would be started
  bool is_enabled = true;               ///< the next boot would start it
  std::string protection{};             ///< why nobody may turn it off: shed_protection(); empty: one may
  std::vector<std::string> triggers{};  ///< active sockets, timers and paths that would start it again
  Duration start_timeout = std::chrono::seconds{30};
};

/// How short memory is.
enum class Shortage { normal, warn, low, critical };
template <>
struct Words<Shortage> {
  static constexpr int first = 0;
  static constexpr std::array<std::string_view, 4> all{"normal", "warn", "low", "critical"};
};

/// What the whole of it is doing.
enum class ShedState { normal, warn, low, stopping, settle, hold, restoring, stuck, blind };
template <>
struct Words<ShedState> {
  static constexpr int first = 0;
  static constexpr std::array<std::string_view, 9> all{"normal", "warn",      "low",   "stopping", "settle",
                                                       "hold",   "restoring", "stuck", "blind"};
};

/// Why something is turned off.
enum class ShedCause {
  low,       ///< below the threshold for long enough
  critical,  ///< below the lowest threshold
  forecast,  ///< it will be, before a service has ended
  swap,      ///< swap space is used up, and memory is not far from it
  pressure,  ///< tasks wait for memory, and memory is not far from used up
  restart,   ///< it was down, and a start would have made things worse
};
template <>
struct Words<ShedCause> {
  static constexpr int first = 0;
  static constexpr std::array<std::string_view, 6> all{"low",  "critical", "forecast",
                                                       "swap", "pressure", "restart"};
};

/// Where one service stands.
enum class ShedPhase {
  up,        ///< not ours: up, or down for reasons of its own
  stopping,  ///< told to stop
  refusing,  ///< told to stop, then killed, and still there
  settling,  ///< gone; does the memory come back?
  shed,      ///< off
  starting,  ///< told to start
  warming,   ///< up, and still growing to its size
};
template <>
struct Words<ShedPhase> {
  static constexpr int first = 0;
  static constexpr std::array<std::string_view, 7> all{"up",   "stopping", "refusing", "settling",
                                                       "shed", "starting", "warming"};
};

/// Why a service is not turned off now, or not on again.
enum class ShedObstacle {
  none,
  unneeded,    ///< there is enough memory, or enough on its way
  unmarked,    ///< its configuration does not allow it
  observed,    ///< its mode is not act
  protected_,  ///< nobody may
  held,        ///< somebody else owns it
  not_up,
  unread,     ///< what it uses could not be read, or cannot be true
  small,      ///< too little to be worth it
  young,      ///< it has just been started
  too_often,  ///< turned off too often within the last hour
  refused,    ///< it did not end when it was told to
  wanted,     ///< somebody has started it by hand
  busy,       ///< another one is being stopped or started
  shortage,   ///< memory is short
  uncertain,  ///< there has not been enough memory for long enough
  gap,        ///< the last start is too recent
  min_down,   ///< it is off too short a time
  backoff,    ///< it had to be turned off soon after the last start
  headroom,   ///< not enough would be left
  blind,      ///< the memory of the machine could not be read
};
template <>
struct Words<ShedObstacle> {
  static constexpr int first = 0;
  static constexpr std::array<std::string_view, 21> all{
      "none",     "unneeded",  "unmarked", "observed",  "protected", "held",     "not_up",
      "unread",   "small",     "young",    "too_often", "refused",   "wanted",   "busy",
      "shortage", "uncertain", "gap",      "min_down",  "backoff",   "headroom", "blind"};
};

}  // namespace systemcheck
