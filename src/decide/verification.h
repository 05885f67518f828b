#pragma once

#include <optional>
#include <string>

#include "decide/restarts.h"

namespace systemcheck {

/// What is known of a start that was carried out.
struct StartFinding {
  enum class Kind {
    over,     ///< it is up and stays so, or somebody else has taken it over: what is seen decides as ever
    awaited,  ///< it is to be looked at again
    failed,
  };
  Kind kind = Kind::over;
  std::string reason{};         ///< one line for people
  bool is_alive = false;        ///< it has come up; whether it stays so is not known yet
  bool has_come_up = false;     ///< the same, told once for each main process
  bool has_died = false;        ///< it came up, and ended
  std::optional<Instant> at{};  ///< to be looked at again then
};

/// A start that is done is no success yet: only sights taken afterwards can tell whether the service is up,
/// and only a second one, `stays_up_for` later, whether it stays so. Most of what cannot run – a port that is
/// taken, a wrong configuration, no right to a file – ends within that time. What stays without its port is
/// not up either, though whoever has it may answer the probes. Pure.
StartFinding judge_verification(RestartMemo& memo, const RestartSituation& situation, const Cause& cause,
                                Instant now);

/// "port 80 is held by squatter (7), which is not part of it"
std::string stranger_words(const PortStranger& stranger);

/// It costs nothing at rest: from a start until it is proven, and after that while a stranger has the port.
[[nodiscard]] inline bool is_port_looked_for(const RestartMemo& memo) {
  return memo.verify_until || memo.is_port_lost;
}

/// Whatever was being verified is no longer.
void end_verification(RestartMemo& memo);

/// What is started must stay up so long before it counts as restarted. supervisord's startsecs is the same;
/// systemd has no such time for a simple unit, and Monit believes its next cycle.
inline constexpr Duration stays_up_for = std::chrono::seconds{1};
/// Where no sight comes that could tell, one waits so long for it at most.
inline constexpr Duration second_sight_patience = std::chrono::seconds{1};

}  // namespace systemcheck
