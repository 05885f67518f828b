#pragma once

#include <deque>
#include <optional>
#include <string>

#include "offline/past_orders.h"
#include "offline/said.h"

namespace systemcheck {

/// An order that was not given then, under way.
struct TakenOrder {
  Instant ends{};
  bool has_succeeded = true;
  bool is_policy = false;
  std::optional<Duration> up_after{};
};

/// One service while its history is played.
struct Played {
  /// Whether what is recorded of it can still be what would have been seen.
  enum class Reality {
    as_recorded,
    taken_for_up,     ///< an order has brought it back that was not given then
    taken_as_before,  ///< an order was given then that is not given now: it is as it was before that
  };

  const Service* rules = nullptr;

  const PastSituation* seen = nullptr;    ///< as it was recorded last
  const PastSituation* good = nullptr;    ///< the same, when it was up
  const PastSituation* before = nullptr;  ///< how it is where it is taken to be as before
  const PastOrder* not_given = nullptr;   ///< whose effect is not there now
  std::deque<std::size_t> places{};       ///< of its situations of this run that are still to come

  RestartMemo memo{};
  RestartMemo memo_before_order{};
  std::optional<TakenOrder> order{};
  std::string policy{};
  std::optional<Instant> policy_until{};
  Instant sight_at{};
  std::optional<Instant> wake{};
  std::optional<Instant> look{};
  std::optional<Instant> comes_up{};

  ServiceState state = ServiceState::unknown;
  Reality reality = Reality::as_recorded;
  bool is_alive = false;
  bool has_been_up_since = false;  ///< as recorded, while it is taken to be as before
  bool is_new_sight = false;
  bool wakes_to_look = false;
  bool is_order_recorded = false;  ///< the order in flight is the one that was given then
};

/// What is known of it, as far as it can be told now. `jitter`, `host` and `waits_for` are left to the
/// caller. Pure.
RestartSituation situation_now(const Played& service, Instant now);

}  // namespace systemcheck
