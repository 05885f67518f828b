#include "store/history_clock.h"

#include <algorithm>

namespace systemcheck {

Duration elapsed_since(const ClockMark& mark, std::string_view boot_id, const Moment& now) {
  const bool is_same_boot = mark.boot_id == boot_id && now.instant >= mark.at.instant;
  if (is_same_boot) return mark.elapsed + (now.instant - mark.at.instant);
  return mark.elapsed + std::clamp<Duration>(now.wall - mark.at.wall, Duration{}, off_time_max);
}

}  // namespace systemcheck
