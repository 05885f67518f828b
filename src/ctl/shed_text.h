#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "base/vocabulary.h"

namespace systemcheck {

struct ShedPlan {
  std::string text{};
  CheckStatus status =
      CheckStatus::unknown;  ///< critical while memory is so short that services are turned off
};

/// What would be turned off for want of memory, in this order, what each would give back, and what stands
/// against it; of what is off, when it comes back. From the daemon's status document.
Result<ShedPlan> shed_plan(std::string_view document);

/// How short memory is, and only what is off or on its way.
Result<ShedPlan> shed_status(std::string_view document);
/// The answer to "shed mode".
Result<std::string> shed_mode_words(std::string_view document);

}  // namespace systemcheck
