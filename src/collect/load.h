#pragma once

#include <cstdint>
#include <string_view>

#include "base/result.h"

namespace systemcheck {

class Metrics;
struct Look;

/// How many tasks wanted a processor or a disk, averaged over 1, 5 and 15 minutes (/proc/loadavg).
struct Load {
  static constexpr std::string_view name = "load";

  double one_minute = 0;
  double five_minutes = 0;
  double fifteen_minutes = 0;

  static Result<Load> collect(Look& look);
  void describe(Metrics& metrics) const;
};

/// `text` is the content of /proc/loadavg: "0.21 0.37 0.39 1/719 19737".
Result<Load> parse_load(std::string_view text);

}  // namespace systemcheck
