#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "publish/conditions.h"
#include "publish/notifications.h"

// The objects that each kind of notification has, as the module lists them. All pure.

namespace systemcheck {

std::vector<NotifiedObject> condition_objects(const Condition& condition, const View& view,
                                              const SnmpMoment& moment);
std::vector<NotifiedObject> action_objects(const EventRow& event);
std::vector<NotifiedObject> suppressed_objects(std::uint64_t left_out);
std::vector<NotifiedObject> heartbeat_objects(CheckStatus status);
/// At the end of every one: what it says to people, and its number.
std::vector<NotifiedObject> common_objects(const std::string& text, std::uint64_t number);

/// "web: down: no process of it is running"
std::string condition_words(const Condition& condition);

}  // namespace systemcheck
