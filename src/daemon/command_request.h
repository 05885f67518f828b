#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/command_verb.h"
#include "base/result.h"
#include "base/units.h"
#include "config/config.h"
#include "publish/http_orders.h"
#include "publish/snmp_orders.h"

namespace systemcheck {

struct CommandRequest {
  CommandVerb verb = CommandVerb::release;
  std::string target{};  ///< a service, a group, or "all"
  Duration length{};     ///< of maintenance
  std::string reason{};
  bool wants_progress = false;  ///< to be told how it goes, of what takes its time
};

/// Whether this is a command at all; what is not is for somebody else to answer.
bool is_command(std::string_view request);

/// "maintenance TARGET --for DURATION --reason TEXT", "restart TARGET [--progress]" … The reason is the rest
/// of the line.
Result<CommandRequest> parse_command_request(std::string_view request);

/// What an order by SNMP is in these words; nothing where its time is over.
std::optional<CommandRequest> request_for(const SnmpOrder& order, WallTime now);

/// What an order by HTTP is in these words.
CommandRequest request_for(const HttpOrder& order);

/// The services that are meant, of those in `names`, in their order. An error tells what was perhaps meant.
Result<std::vector<std::string>> find_targets(const CommandRequest& request, const Config& config,
                                              const std::vector<std::string>& names);

}  // namespace systemcheck
