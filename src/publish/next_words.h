#pragma once

#include <string>

#include "publish/view.h"

namespace systemcheck {

/// What happens next to a service, and when, in a sentence or two for people. Pure.
std::string next_words(const View& view, const ServiceRow& row);

/// When it is tried to be started next; nothing where no time is set.
std::optional<WallTime> next_attempt(const View& view, const ServiceRow& row);

/// How restarts are paced, in a line.
std::string policy_words(const RestartPolicy& policy);

}  // namespace systemcheck
