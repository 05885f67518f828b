#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "base/unit_status.h"
#include "os/bus.h"

namespace systemcheck {

// What systemd's words mean, org.freedesktop.systemd1(5). All of it pure.

/// From all properties of a unit, asked for in one go.
UnitStatus parse_unit_status(const std::string& name, const BusMessage& properties);
/// The unit's own name, which differs from the one asked for if that is an alias (sshd.service).
std::string parse_unit_id(const std::string& name, const BusMessage& properties);
/// SystemState: running, degraded, stopping, …
Manager parse_system_state(std::string_view state);
/// The result in JobRemoved: done, failed, timeout, …
Status parse_job_result(const std::string& unit, const std::string& verb, std::string_view result);

}  // namespace systemcheck
