#pragma once

#include <string_view>

#include "base/result.h"

namespace systemcheck {

class Metrics;
struct Look;

/// Pressure stall information of one resource, since boot.
struct PressureTotals {
  double waiting_seconds = 0;  ///< "some": at least one task waited
  double stalled_seconds = 0;  ///< "full": all non-idle tasks waited
  double waiting_ratio = 0;    ///< of the last minute, as the kernel averages it
  double stalled_ratio = 0;    ///< the same of "full"
};

/// /proc/pressure (kernel's Documentation/accounting/psi.rst). Not an error where the kernel has none.
struct Pressure {
  static constexpr std::string_view name = "pressure";

  bool is_available = false;
  PressureTotals cpu{};
  PressureTotals memory{};
  PressureTotals io{};

  static Result<Pressure> collect(Look& look);
  void describe(Metrics& metrics) const;
};

Result<PressureTotals> parse_pressure(std::string_view text);

}  // namespace systemcheck
