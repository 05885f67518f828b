#pragma once

#include <cstdint>
#include <optional>

#include "decide/past.h"

namespace systemcheck {

/// Which decisions on one service are worth writing down, to be made again later: those before which
/// something had changed, and those that change something. What only ages is not; and of a service that
/// flickers no more than now and then. Orders are always.
class SituationFilter {
 public:
  /// So many in a row, then one each `every`: half a megabyte a day at most.
  static constexpr std::uint32_t burst = 64;
  static constexpr Duration every = std::chrono::minutes{1};

  struct Decided {
    const RestartSituation& situation;
    const RestartChoice& choice;
    const RestartMemo& memo_before;
    ServiceState state_before = ServiceState::unknown;
    Mode mode = Mode::observe;
  };
  /// What is to be written down of this decision, if it is.
  std::optional<PastSituation> note(const Decided& decided, Instant now);
  [[nodiscard]] bool has_recorded() const { return last_.has_value(); }

 private:
  bool take_turn(Instant now);

  std::optional<RestartSituation> last_{};
  std::uint32_t turns_ = burst;
  std::optional<Instant> turns_counted_at_{};
  std::uint32_t left_out_ = 0;
};

}  // namespace systemcheck
