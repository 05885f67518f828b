#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "base/result.h"
#include "decide/demand.h"
#include "decide/restarts.h"

// What a decision saw and what it was, so that it can be made again later, with other rules. What depends on
// the rules – the limit of the machine, whom it waits for – is not among it: it is found out anew.

namespace systemcheck {

/// What the daemon decided then.
struct PastDecision {
  ServiceState state = ServiceState::unknown;
  RestartStep step = RestartStep::none;
  std::optional<Suppressed> newly_suppressed{};
  std::uint32_t attempts = 0;  ///< the one that is begun among them
  bool attempt_failed = false;
  bool is_alive = false;
  std::string reason{};
};

struct PastSituation {
  RestartSituation situation{};  ///< without `host`, `waits_for` and `uptime`; `jitter` where it was used
  Mode mode = Mode::observe;
  PastDecision decision{};
  std::uint32_t left_out = 0;  ///< so many before this one were not recorded: it changed too often
};

/// What came of the order that was given last.
struct PastOutcome {
  bool has_succeeded = false;
  bool is_policy = false;  ///< nothing was tried: policy-rc.d forbids it
  double jitter = 0;       ///< that was drawn for the pause after it
  std::string words{};     ///< one line for people
};

/// What a person has ordered: it is done whatever the rules say, and changes what is remembered.
struct PastDemand {
  enum class Kind {
    begun,
    done,     ///< with the outcome that is told
    refused,  ///< nothing was done
    cleared,  ///< no order: pauses and deaths were forgotten
  };
  Kind kind = Kind::begun;
  Demand demand = Demand::start;
  bool has_succeeded = false;
  double jitter = 0;  ///< that was drawn for the pause after it
};

/// The daemon began with a configuration, or took over another one; or it ended.
struct PastTurn {
  enum class Kind { taken_over, ended };
  Kind kind = Kind::taken_over;
};

using PastMoment = std::variant<PastSituation, PastOutcome, PastDemand, PastTurn>;

/// Whether a decision can tell the one from the other. What only ages, and words for people, do not count.
/// Pure.
bool is_same_for_decision(const RestartSituation& one, const RestartSituation& other);

/// One line of JSON, at most past_text_max bytes, whatever the texts in it are.
std::string past_text(const PastMoment& moment);
Result<PastMoment> parse_past(std::string_view text);

inline constexpr std::size_t past_text_max = 8192;

}  // namespace systemcheck
