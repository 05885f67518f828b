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
  RestartMemo memo{};
  RestartMemo memo_before_order{};
  ServiceState state = ServiceState::unknown;
  bool is_alive = false;

  const PastSituation* seen = nullptr;  ///< as it was recorded last
  const PastSituation* good = nullptr;  ///< the same, when it was up
  Reality reality = Reality::as_recorded;
  const PastSituation* before = nullptr;  ///< how it is where it is taken to be as before
  const PastOrder* not_given = nullptr;   ///< whose effect is not there now
  bool has_been_up_since = false;         ///< as recorded, while it is taken to be as before
  Instant sight_at{};
  bool is_new_sight = false;

  std::optional<Instant> wake{};
  bool wakes_to_look = false;
  std::optional<Instant> look{};
  std::optional<TakenOrder> order{};
  bool is_order_recorded = false;  ///< the order in flight is the one that was given then
  std::optional<Instant> comes_up{};
  std::optional<Instant> policy_until{};
  std::string policy{};
  std::deque<std::size_t> places{};  ///< of its situations of this run that are still to come
};

/// What is known of it, as far as it can be told now. `jitter`, `host` and `waits_for` are left to the
/// caller. Pure.
RestartSituation situation_now(const Played& service, Instant now);

}  // namespace systemcheck
