#pragma once

#include "base/vocabulary.h"

namespace systemcheck {

/// Something is known, and not right.
constexpr bool is_bad(CheckStatus status) { return status > CheckStatus::ok; }

/// How bad it is for a service to be in a state.
constexpr CheckStatus severity_of(ServiceState state) {
  switch (state) {
    case ServiceState::unknown:
      return CheckStatus::unknown;
    case ServiceState::up:
    case ServiceState::held:
    case ServiceState::absent:
      return CheckStatus::ok;
    case ServiceState::degraded:
    case ServiceState::overloaded:
    case ServiceState::suspect:
    case ServiceState::restarting:
      return CheckStatus::warning;
    case ServiceState::down:
    case ServiceState::waiting:
    case ServiceState::flapping:
      break;
  }
  return CheckStatus::critical;
}

/// Nobody is served, or not for long.
constexpr bool is_out_of_service(ServiceState state) {
  return state == ServiceState::restarting || severity_of(state) == CheckStatus::critical;
}

}  // namespace systemcheck
