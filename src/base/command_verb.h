#pragma once

#include <array>
#include <string_view>

#include "base/vocabulary.h"

namespace systemcheck {

/// What people say to take a service over and to give it back, on the control socket and by HTTP.
enum class CommandVerb { maintenance, release, restart, start, stop, clear };
template <>
struct Words<CommandVerb> {
  static constexpr int first = 0;
  static constexpr std::array<std::string_view, 6> all{"maintenance", "release", "restart",
                                                       "start",       "stop",    "clear"};
};

}  // namespace systemcheck
