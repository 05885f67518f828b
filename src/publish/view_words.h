#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "collect/roster.h"
#include "os/actuator.h"

// Small words that more than one way of publishing needs. All pure.

namespace systemcheck {

/// No path of the machine is longer (PATH_MAX); what is longer is cut.
inline constexpr std::size_t published_text_limit_bytes = 4096;

/// A string of the machine as valid UTF-8 that is safe to show: control characters, line breaks and
/// broken bytes become \xNN. Unlike printable() it leaves a backslash alone, so that an ordinary
/// value equals the one that other exporters publish for it.
std::string published_text(std::string_view text);

/// No name of a row is longer: what it may be long to be an index of SNMP (ScName).
inline constexpr std::size_t row_name_bytes_max = 64;

/// A path as the name of a row: a longer one is cut and ended by eight hex digits of its hash, which stay the
/// same, too.
std::string row_name(const std::string& path);

/// "succeeded", "timed out" …
std::string_view outcome_word(Outcome::Kind kind);

/// Processes by the state that the kernel gives as a letter (proc(5)): running, sleeping, …
using StateCounts = std::array<std::pair<std::string_view, std::uint64_t>, 7>;
StateCounts count_states(const Processes& table);

/// The load of the last minute for each processor; nothing if either reading failed.
std::optional<double> load_per_cpu(const Roster& facts);

}  // namespace systemcheck
