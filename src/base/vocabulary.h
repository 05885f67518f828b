#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

// The words of the project, once: configuration, metrics, MIB, command line, page and code all take
// them from here, in this order.

namespace systemcheck {

enum class Mode { disabled, observe, act };

/// The numbers are those of the MIB (scServiceState).
enum class ServiceState {
  unknown = 1,  ///< not read yet, or the reading failed: never acted upon
  up,           ///< processes and probes as configured
  degraded,     ///< up, but a resource rule or a non-fatal probe complains
  overloaded,   ///< probes time out while load or pressure is high: alert, no restart
  suspect,      ///< failing, not confirmed yet
  down,         ///< confirmed
  restarting,   ///< a start, stop or restart is in flight, or being verified
  waiting,      ///< down, next attempt later
  flapping,     ///< restarts slowed to the cap until it holds still
  held,         ///< somebody else owns it: neither failed nor fine
  absent,       ///< configured or preset, not installed here
};

/// Who owns the desired state; the highest claim (first here) wins.
enum class Owner { shutdown, admin, maintenance, upgrade, shed, systemd, systemcheck };

/// Why a restart that was due did not happen.
enum class Suppressed {
  shutdown,
  admin,
  maintenance,
  upgrade,
  shed,
  systemd,
  backoff,
  flapping,
  overloaded,
  dependency,
  host_limit,
  observe,
  unknown,
};

/// Severity of a checked item. The numbers are those of the MIB (ScCheckStatus).
enum class CheckStatus { unknown = 0, ok, warning, critical };

/// What came of asking a service. The order is that of the words in metrics.
enum class ProbeClass {
  ok,
  refused,     ///< nobody listens
  timeout,     ///< no answer in time
  reset,       ///< the connection was broken off
  bad_banner,  ///< an answer that is not the right one
  slow,        ///< the right answer, later than it should come
  busy,        ///< it says itself that it has too much to do: never a reason to restart
  unknown,     ///< we could not ask: says nothing of the service
};

/// A closed choice and its words. `first` is the number of the first word.
template <typename Enum>
struct Words;

template <>
struct Words<Mode> {
  static constexpr int first = 0;
  static constexpr std::array<std::string_view, 3> all{"disabled", "observe", "act"};
};
template <>
struct Words<ServiceState> {
  static constexpr int first = 1;
  static constexpr std::array<std::string_view, 11> all{"unknown",  "up",   "degraded",   "overloaded",
                                                        "suspect",  "down", "restarting", "waiting",
                                                        "flapping", "held", "absent"};
};
template <>
struct Words<Owner> {
  static constexpr int first = 0;
  static constexpr std::array<std::string_view, 7> all{"shutdown", "admin",   "maintenance", "upgrade",
                                                       "shed",     "systemd", "systemcheck"};
};
template <>
struct Words<Suppressed> {
  static constexpr int first = 0;
  static constexpr std::array<std::string_view, 13> all{
      "shutdown", "admin",      "maintenance", "upgrade",    "shed",    "systemd", "backoff",
      "flapping", "overloaded", "dependency",  "host_limit", "observe", "unknown"};
};
template <>
struct Words<CheckStatus> {
  static constexpr int first = 0;
  static constexpr std::array<std::string_view, 4> all{"unknown", "ok", "warning", "critical"};
};

template <>
struct Words<ProbeClass> {
  static constexpr int first = 0;
  static constexpr std::array<std::string_view, 8> all{"ok",         "refused", "timeout", "reset",
                                                       "bad_banner", "slow",    "busy",    "unknown"};
};

template <typename Enum>
constexpr std::string_view word(Enum value) {
  return Words<Enum>::all.at(static_cast<std::size_t>(static_cast<int>(value) - Words<Enum>::first));
}

template <typename Enum>
constexpr std::optional<Enum> from_word(std::string_view text) {
  for (std::size_t i = 0; i < Words<Enum>::all.size(); ++i) {
    if (Words<Enum>::all.at(i) == text) return static_cast<Enum>(static_cast<int>(i) + Words<Enum>::first);
  }
  return std::nullopt;
}

}  // namespace systemcheck
