#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "decide/restarts.h"

namespace systemcheck {

/// How a service stands that others may come after.
struct Standing {
  const Service& rules;
  const RestartMemo& memo;
  ServiceState state = ServiceState::unknown;
  bool is_word_awaited = false;  ///< it has a unit, and systemd has not told of it yet
};
/// By its name; nullopt: there is no such service.
using FindStanding = std::function<std::optional<Standing>(std::string_view name)>;

/// The service that has to be brought back before this one, or an empty name. It is the first cause: whom
/// the one it waits for waits for itself. Pure.
std::string find_cause_to_wait(const Service& rules, const FindStanding& find);

/// Its restart is put off for one that it comes after: perhaps this one.
bool may_wait_for(const Service& rules, const RestartMemo& memo, std::string_view name);

}  // namespace systemcheck
