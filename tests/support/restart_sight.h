#pragma once

#include <chrono>

#include "decide/restarts.h"

namespace systemcheck::test {

/// A new sight of a service on a machine that has been up for half a day.
inline RestartSituation sight(Presence presence, Instant at) {
  RestartSituation situation;
  situation.evidence.finding = {presence, "as the test says"};
  situation.sight_at = at;
  situation.is_new_sight = true;
  situation.uptime = std::chrono::hours{12};
  return situation;
}

}  // namespace systemcheck::test
