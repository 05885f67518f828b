#pragma once

#include <string>
#include <variant>
#include <vector>

#include "base/result.h"
#include "os/actuator.h"

namespace systemcheck {

struct RunCommand {
  Argv argv{};
  /// The old instance may be dead already, and then its own stop command complains.
  bool may_fail = false;
};
struct RunJob {
  std::string unit{};
  std::string verb{};
};
struct EndLeftovers {
  std::vector<ProcessIdentity> processes{};
};
struct SeeReaped {
  ProcessIdentity process{};
};
using Step = std::variant<RunCommand, RunJob, EndLeftovers, SeeReaped>;

/// The steps that carry out an order: the service's own commands first, else its unit. An error of kind
/// refused if there is no way. Pure.
Result<std::vector<Step>> plan_order(const ServiceControl& service, const Order& order);

/// "run /usr/sbin/apachectl stop, end 3 leftover processes, run /usr/sbin/apachectl start". Pure.
std::string describe_steps(const std::vector<Step>& steps);

}  // namespace systemcheck
