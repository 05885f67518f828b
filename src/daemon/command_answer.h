#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/units.h"
#include "base/vocabulary.h"
#include "decide/demand.h"

namespace systemcheck {

/// What came of a command, of one service.
struct ServiceAnswer {
  std::string name{};
  std::string result{};  ///< a word or two: "verified", "in force"
  CheckStatus status = CheckStatus::ok;
  std::string detail{};
  ServiceState state = ServiceState::unknown;  ///< afterwards
  std::optional<WallTime> until{};             ///< held until then
  Duration took{};
};

/// How bad an end is, as monitoring plugins count.
CheckStatus status_of(DemandEnd::Kind kind);

struct CommandAnswer {
  std::string command{};
  std::string target{};
  std::string asked_by{};
  std::vector<ServiceAnswer> services{};
};

/// {"schema": 1, "command": …, "status": the worst of all, "services": […]}.
std::string command_json(const CommandAnswer& answer);
/// {"error": "…"}.
std::string refusal_json(std::string_view message);

}  // namespace systemcheck
