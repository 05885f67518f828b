#pragma once

#include <chrono>
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
  bool may_fail = false;
};
/// Kills what is in a unit; that it is empty already is as good.
struct KillUnit {
  std::string unit{};
};
struct EndLeftovers {
  std::vector<ProcessIdentity> processes{};
  Duration kill_after = std::chrono::seconds{2};
};
struct SeeReaped {
  ProcessIdentity process{};
};
/// Runs the first candidate whose program exists; refuses the order if it is not satisfied.
struct CheckConfiguration {
  std::vector<Argv> candidates{};
};
/// Asks policy-rc.d, where there is one that counts, whether this may be done.
struct AskPolicy {
  std::string subject{};
  std::string action{};
};
using Step =
    std::variant<RunCommand, RunJob, KillUnit, EndLeftovers, SeeReaped, CheckConfiguration, AskPolicy>;

/// The steps that carry out an order: the service's own commands first, else its unit, else its init
/// script. An error of kind refused if there is no way. Pure.
Result<std::vector<Step>> plan_order(const ServiceControl& service, const Order& order);

/// "run /usr/sbin/apachectl stop, end 3 leftover processes, run /usr/sbin/apachectl start". Pure.
std::string describe_steps(const std::vector<Step>& steps);

}  // namespace systemcheck
