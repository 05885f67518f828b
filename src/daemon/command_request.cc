#include "daemon/command_request.h"

#include <algorithm>
#include <optional>

#include "base/text.h"
#include "config/groups.h"
#include "config/values.h"
#include "decide/ownership.h"

namespace systemcheck {
namespace {

Error malformed(std::string message) { return {Error::Kind::malformed, std::move(message)}; }

std::string_view without_blanks(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t\r");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r") - begin + 1);
}

Result<CommandRequest> parse_maintenance(CommandRequest request, std::string_view rest) {
  const Error usage = malformed("maintenance NAME|GROUP|all --for DURATION --reason TEXT");
  if (take_word(rest) != "--for") return usage;
  const DurationWithin length{std::chrono::seconds{1}, maintenance_max};
  const auto duration = length(take_word(rest));
  if (!duration) return malformed("--for: " + duration.error().message);
  request.length = *duration;
  if (take_word(rest) != "--reason") return usage;
  request.reason = printable(without_blanks(rest));
  return request.reason.empty() ? Result<CommandRequest>(usage) : request;
}

bool takes_time(CommandVerb verb) {
  return verb == CommandVerb::restart || verb == CommandVerb::start || verb == CommandVerb::stop;
}

/// Only what people can give back may be taken over as a whole.
bool may_mean_everything(CommandVerb verb) {
  return verb == CommandVerb::maintenance || verb == CommandVerb::release || verb == CommandVerb::clear;
}

Error unknown_target(const std::string& target, const Config& config, const std::vector<std::string>& names) {
  std::vector<std::string_view> known(names.begin(), names.end());
  for (const auto& group : config.groups)
    known.push_back(group.name);
  const auto near = nearest(target, known);
  return {Error::Kind::not_found, "'" + printable(target, 64) + "' is not a service and not a group" +
                                      (near ? " (did you mean '" + std::string(*near) + "'?)" : "")};
}

}  // namespace

std::optional<CommandRequest> request_for(const SnmpOrder& order, WallTime now) {
  CommandRequest request{.target = order.service};
  if (order.maintenance_until) {
    request.verb = CommandVerb::maintenance;
    request.length = std::chrono::duration_cast<Duration>(*order.maintenance_until - now);
    request.reason = "asked for by SNMP";
    return request.length > Duration::zero() ? std::optional(request) : std::nullopt;
  }
  const auto verb = from_word<CommandVerb>(word(order.command));
  if (!verb) return std::nullopt;
  request.verb = *verb;
  return request;
}

CommandRequest request_for(const HttpOrder& order) {
  return {.verb = order.verb, .target = order.target, .length = order.length, .reason = order.reason};
}

bool is_command(std::string_view request) { return from_word<CommandVerb>(take_word(request)).has_value(); }

Result<CommandRequest> parse_command_request(std::string_view request) {
  const auto verb_word = take_word(request);
  const auto verb = from_word<CommandVerb>(verb_word);
  if (!verb) return malformed("unknown command");
  CommandRequest parsed{.verb = *verb, .target = std::string(take_word(request))};
  if (parsed.target.empty() || parsed.target.starts_with('-'))
    return malformed(std::string(verb_word) + " what? The name of a service or of a group is missing");
  if (*verb == CommandVerb::maintenance) return parse_maintenance(std::move(parsed), request);
  parsed.wants_progress = takes_time(*verb) && without_blanks(request) == "--progress";
  if (!parsed.wants_progress && !without_blanks(request).empty())
    return malformed(std::string(verb_word) + " takes one name");
  return parsed;
}

Result<std::vector<std::string>> find_targets(const CommandRequest& request, const Config& config,
                                              const std::vector<std::string>& names) {
  if (request.target == everything) {
    if (may_mean_everything(request.verb)) return names;
    return malformed("'all' is too many to " + std::string(word(request.verb)) +
                     " at once: name them or a group");
  }
  if (std::ranges::find(names, request.target) != names.end()) return std::vector{request.target};
  const auto group = std::ranges::find(config.groups, request.target, &Group::name);
  if (group == config.groups.end()) return unknown_target(request.target, config, names);
  std::vector<std::string> members;
  std::ranges::copy_if(names, std::back_inserter(members), [&group](const std::string& name) {
    return std::ranges::find(group->services, name) != group->services.end();
  });
  return members;
}

}  // namespace systemcheck
