#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/units.h"
#include "decide/shed_facts.h"

namespace systemcheck {

/// A figure and when it was true.
struct ShedSample {
  Instant at{};
  double bytes = 0;

  bool operator==(const ShedSample&) const = default;
};

/// What is remembered of one service. The first part outlives the daemon (shed_memory.h).
struct ShedServiceMemo {
  std::string name{};
  ShedPhase phase = ShedPhase::up;
  Instant since{};                    ///< the phase began
  std::optional<Instant> deadline{};  ///< of the stop or the start
  bool is_killed = false;             ///< the stop took too long
  ShedCause cause = ShedCause::low;
  std::string instance{};               ///< what was told to stop
  std::vector<std::string> triggers{};  ///< turned off with it
  bool was_enabled = true;
  double predicted_bytes = 0;           ///< what stopping it was to give back
  std::optional<Instant> down_since{};  ///< seen to be gone, and off since
  std::optional<Instant> alarmed_at{};  ///< that it is off for too long was said last
  ShedSample peak{};                    ///< the most that it used, and when; fades within a day
  double settled_bytes = 0;             ///< what it used when it was two minutes old, or first seen
  std::string settled_instance{};       ///< of which that was
  std::vector<Duration> stop_times{};   ///< the last few
  std::vector<Instant> sheds{};         ///< those of the last hour
  std::optional<Instant> started_at{};  ///< the last start of ours, seen to be up
  std::uint32_t backoffs = 0;           ///< turned off soon after a start, so often in a row
  std::optional<Instant> next_start{};
  std::optional<Instant> ineffective_until{};  ///< stopping it gave little back
  std::optional<Instant> refused_until{};
  std::optional<Instant> wanted_until{};  ///< somebody has started it by hand

  bool is_rehearsed = false;  ///< nothing was done: mode observe
  bool is_recalled = false;   ///< an earlier daemon may have given the order, or may have ended just before
  // While settling: what was there before it was gone, and the most that has come back.
  double usable_before = 0;
  double anonymous_before = 0;
  double part = 1;  ///< of what comes back when several have ended at once
  double returned_bytes = 0;
  std::vector<ShedSample> samples{};  ///< what it used lately
};

/// What is remembered of all. Begins anew with every daemon.
struct ShedMemo {
  Shortage shortage = Shortage::normal;
  std::uint32_t low_readings = 0;  ///< in a row
  std::optional<Instant> low_since{};
  std::uint32_t critical_readings = 0;     ///< in a row
  std::optional<Instant> calm_since{};     ///< enough to leave the level that we are at
  std::optional<Instant> roomy_since{};    ///< above restore_above
  std::optional<Instant> not_low_since{};  ///< above below
  std::optional<Instant> blind_since{};
  bool is_blindness_told = false;
  std::optional<ShedSample> pressure{};  ///< where the current window began, in seconds of waiting
  std::uint32_t pressure_windows = 0;    ///< the last few, the newest is the lowest bit: pressed or not
  // An episode begins with the first need to turn something off, and ends when memory is no longer low.
  std::optional<Instant> episode_since{};
  std::uint32_t ineffective = 0;  ///< stops of this episode that gave little back
  std::uint32_t oom_kills = 0;    ///< in this episode
  bool is_stuck = false;
  bool is_stuck_told = false;
  std::optional<std::uint64_t> oom_kills_seen{};
  std::optional<Instant> last_taken{};
  std::optional<MemorySight> last{};  ///< as it was decided upon, rehearsals included
  std::optional<Instant> last_start{};
  std::vector<ShedSample> history{};        ///< usable memory of the last seconds, for the forecast
  std::vector<ShedSample> growth{};         ///< the same of the last minute, for who has eaten it
  std::vector<ShedServiceMemo> services{};  ///< by name
};

}  // namespace systemcheck
