#include "os/unit_words.h"

#include <algorithm>
#include <array>
#include <limits>

#include "base/text.h"

namespace systemcheck {
namespace {

template <typename T>
T property(const BusMessage& message, const std::string& name) {
  const auto found = message.properties.find(name);
  if (found == message.properties.end()) return T{};
  const auto* value = std::get_if<T>(&found->second);
  return value == nullptr ? T{} : *value;
}

std::string text(const BusMessage& message, const std::string& name) {
  return property<std::string>(message, name);
}

/// The other ends of the dependencies through which a stop goes on, systemd.unit(5).
constexpr std::array stop_goes_on{"RequiredBy", "RequisiteOf", "BoundBy", "ConsistsOf", "PropagatesStopTo"};

std::vector<std::string> stopped_along(const BusMessage& properties) {
  std::vector<std::string> units;
  for (const auto* dependency : stop_goes_on) {
    for (auto& unit : property<std::vector<std::string>>(properties, dependency))
      if (std::ranges::find(units, unit) == units.end()) units.push_back(std::move(unit));
  }
  return units;
}

pid_t to_pid(std::uint64_t number) {
  const bool is_pid = number <= static_cast<std::uint64_t>(std::numeric_limits<pid_t>::max());
  return is_pid ? static_cast<pid_t>(number) : 0;
}

struct JobResult {
  std::string_view word{};
  Error::Kind kind = Error::Kind::failed;
  std::string_view meaning{};
};

constexpr std::array<JobResult, 10> job_results{{
    {"failed", Error::Kind::failed, "failed; see journalctl -u"},
    {"timeout", Error::Kind::timed_out, "took longer than systemd allows it"},
    {"canceled", Error::Kind::failed, "was cancelled by another job"},
    {"dependency", Error::Kind::failed, "was not tried, because a unit that it depends on has failed"},
    {"skipped", Error::Kind::failed, "was skipped, because it does not apply to the state of the unit"},
    {"assert", Error::Kind::failed, "was not tried, because an assertion of the unit does not hold"},
    {"unsupported", Error::Kind::refused, "is not supported for this kind of unit here"},
    {"invalid", Error::Kind::refused, "does not apply to this unit"},
    {"collected", Error::Kind::failed, "was dropped with its unit"},
    {"once", Error::Kind::failed, "was not tried, because the unit runs only once"},
}};

}  // namespace

UnitStatus parse_unit_status(const std::string& name, const BusMessage& properties) {
  UnitStatus status{};
  status.name = name;
  status.load_state = text(properties, "LoadState");
  status.active_state = text(properties, "ActiveState");
  status.sub_state = text(properties, "SubState");
  status.unit_file_state = text(properties, "UnitFileState");
  status.result = text(properties, "Result");
  status.main_pid = to_pid(property<std::uint64_t>(properties, "MainPID"));
  status.control_group = text(properties, "ControlGroup");
  status.active_enter_us = property<std::uint64_t>(properties, "ActiveEnterTimestamp");
  status.invocation_id = text(properties, "InvocationID");
  status.triggered_by = property<std::vector<std::string>>(properties, "TriggeredBy");
  status.stopped_with_it = stopped_along(properties);
  return status;
}

std::string parse_unit_id(const std::string& name, const BusMessage& properties) {
  const auto id = text(properties, "Id");
  return id.empty() ? name : id;
}

Manager parse_system_state(std::string_view state) {
  if (state == "stopping") return Manager::stopping;
  if (state == "initializing" || state == "starting") return Manager::starting;
  if (state == "running" || state == "degraded" || state == "maintenance") return Manager::running;
  return Manager::absent;  // offline, unknown: it does not run this machine
}

Status parse_job_result(const std::string& unit, const std::string& verb, std::string_view result) {
  if (result == "done") return Nothing{};
  const std::string job = "systemctl " + verb + " " + unit;
  const auto* found = std::ranges::find(job_results, result, &JobResult::word);
  if (found == job_results.end()) return Error{Error::Kind::failed, job + ": " + printable(result)};
  const bool wants_unit = result == "failed";
  return Error{found->kind, job + " " + std::string(found->meaning) + (wants_unit ? " " + unit : "")};
}

}  // namespace systemcheck
