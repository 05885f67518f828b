#include "os/local_time.h"

#include <ctime>

namespace systemcheck {

Duration utc_offset(WallTime time) {
  const std::time_t seconds = std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
  std::tm local{};
  if (::localtime_r(&seconds, &local) == nullptr) return {};
  return std::chrono::seconds{local.tm_gmtoff};
}

}  // namespace systemcheck
