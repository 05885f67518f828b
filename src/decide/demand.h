#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "base/identity.h"
#include "base/units.h"
#include "base/vocabulary.h"
#include "config/config.h"
#include "decide/cause.h"
#include "decide/restarts.h"

namespace systemcheck {

/// What a person may order for a service. It is done whoever owns the service, and whatever a pause, flapping
/// or the limit of the machine would say; but never to what is only observed.
enum class Demand { start, stop, restart };
template <>
struct Words<Demand> {
  static constexpr int first = 0;
  static constexpr std::array<std::string_view, 3> all{"start", "stop", "restart"};
};

/// What came of it.
struct DemandEnd {
  enum class Kind {
    verified,   ///< it was done, and its result was seen
    needless,   ///< it was so already
    refused,    ///< nothing was done
    failed,     ///< it was tried; what was wanted did not come about
    timed_out,  ///< the same, and nobody knows yet whether it will
  };
  Kind kind = Kind::refused;
  std::string detail{};  ///< one line for people
};
template <>
struct Words<DemandEnd::Kind> {
  static constexpr int first = 0;
  static constexpr std::array<std::string_view, 5> all{"verified", "needless", "refused", "failed",
                                                       "timed_out"};
};

/// How far an order has come.
enum class DemandStep {
  looking,   ///< a fresh look at the service is awaited
  acting,    ///< its command, or systemd, is at work
  watching,  ///< that is over; its result is yet to be seen
};
template <>
struct Words<DemandStep> {
  static constexpr int first = 0;
  static constexpr std::array<std::string_view, 3> all{"looking", "acting", "watching"};
};

/// What is known of a service when something is ordered for it.
struct DemandSituation {
  Mode mode = Mode::observe;
  std::string kill_switch{};  ///< why nothing may be touched on this machine; empty: it may
  bool is_busy = false;       ///< an order for it is in flight
  bool has_way_to_start = false;
  bool has_way_to_stop = false;
  Cause cause{};
  bool is_surely_gone = false;  ///< nothing of it runs, and systemd does not say otherwise
};

struct DemandChoice {
  enum class Kind { begin, needless, refuse };
  Kind kind = Kind::refuse;
  std::string reason{};
};

/// Pure.
DemandChoice decide_demand(Demand demand, const DemandSituation& situation);

/// An order that was carried out, and whose result is being looked for.
struct DemandMemo {
  Demand demand = Demand::start;
  std::optional<ProcessIdentity> old_main{};  ///< that ran when it was ordered
  Instant done_at{};                          ///< only a later sight counts
  Instant give_up_at{};
  /// Its command said that it failed, and this: what is seen counts all the same.
  std::string complaint{};
  bool was_late = false;  ///< its command was ended because its time was up
};

/// What is seen then.
struct DemandSight {
  Instant sight_at{};
  bool is_readable = true;
  std::optional<ProcessIdentity> main{};
  bool is_surely_gone = false;
  bool is_verifying = false;    ///< a start is given time to come up
  bool attempt_failed = false;  ///< it did not come up in time
  bool is_alive = false;
  std::string reason{};  ///< why it is as it is
};

/// What came of it; nullopt: that is not known yet. Pure.
std::optional<DemandEnd> judge_demand(const DemandMemo& memo, const DemandSight& sight, Instant now);

/// What the restart decision is to remember when a person's order was given, and when its outcome is known.
/// It is no attempt of ours: it makes no pause longer.
RestartMemo note_demand(RestartMemo memo, Demand demand, Instant now);
RestartMemo note_demand_outcome(RestartMemo memo, const Service& service, const RestartPolicy& policy,
                                Demand demand, const AttemptEnd& end);

/// Backoff, flapping and being at the cap are forgotten.
RestartMemo cleared(RestartMemo memo);

}  // namespace systemcheck
