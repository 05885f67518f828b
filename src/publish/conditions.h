#pragma once

#include <string>
#include <vector>

#include "publish/notifications.h"

namespace systemcheck {

/// How something is that can be wrong. One that is unknown is as it was before.
struct Condition {
  ConditionKey key{};
  CheckStatus status = CheckStatus::unknown;
  int state = 0;        ///< of a service or of shedding: a number of its enumeration
  std::string label{};  ///< as people know it: a mount point may be longer than its key
  std::string text{};
};

/// All of one view, the gravest kinds first.
std::vector<Condition> conditions_of(const View& view, const SnmpMoment& moment);

/// Of a service that is in this state.
Condition service_condition(const std::string& name, ServiceState state, const std::string& reason);

/// Of one that was told of and is not in the view any more: over; nothing if that only could not be seen.
std::optional<Condition> gone_condition(const ConditionKey& key, const ToldCondition& told, const View& view);

/// Whether it is told that something is wrong which was told to be wrong already. A service that is tried to
/// be restarted again and again is told of once, a disk each time that it is worse or better than before.
bool is_worth_telling(const ToldCondition& told, const Condition& now);

}  // namespace systemcheck
