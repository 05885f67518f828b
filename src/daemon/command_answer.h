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
// How it goes, a line each before that document; which of these it is says "progress".
/// {"progress": "planned", "command": …, "target": …, "services": ["…"]}: these, in this order.
std::string plan_line(const CommandAnswer& answer, const std::vector<std::string>& names);
/// {"progress": "looking", "service": …}, "acting", "watching".
std::string step_line(const std::string& service, DemandStep step);
/// {"progress": "ended", "service": …, "answer": as it will be in the document}.
std::string end_line(const ServiceAnswer& answer);

/// {"error": "…"}.
std::string refusal_json(std::string_view message);

}  // namespace systemcheck
