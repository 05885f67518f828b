#pragma once

#include <array>
#include <string_view>

#include "base/vocabulary.h"

// The words of what is told of the past.

namespace systemcheck {

/// What a thing that is told of the past is about. The numbers are those of the MIB (ScTopic).
enum class EventKind {
  daemon = 1,  ///< it began, ended, was told something; the kill switch
  state,       ///< of a service
  owner,       ///< of the desired state of a service
  action,      ///< a start, stop or restart
  shedding,    ///< memory runs short, or no longer
  status,      ///< of load, memory, a disk, the relay
};

/// What came of an action, as the history says it.
enum class ActionResult {
  none,  ///< it is none
  running,
  observed,  ///< it would have been done
  failed,
  timed_out,
  refused,
  lost,
  up,
  not_up,
  gone,
  not_gone,
};

template <>
struct Words<EventKind> {
  static constexpr int first = 1;
  static constexpr std::array<std::string_view, 6> all{"daemon", "state",    "owner",
                                                       "action", "shedding", "status"};
};
template <>
struct Words<ActionResult> {
  static constexpr int first = 0;
  static constexpr std::array<std::string_view, 11> all{"none",      "running", "observed", "failed",
                                                        "timed_out", "refused", "lost",     "up",
                                                        "not up",    "gone",    "not gone"};
};

}  // namespace systemcheck
