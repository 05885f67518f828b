#pragma once

#include <string>

#include "offline/replay.h"

namespace systemcheck {

/// What was decided, line by line, then the sums and what they rest on. `only_differences`: without the lines
/// in which both are the same. Pure.
std::string replay_text(const Replayed& replayed, bool only_differences);
/// The same for programs: contrib/doc/replay.md. Pure.
std::string replay_json(const Replayed& replayed, bool only_differences);

}  // namespace systemcheck
