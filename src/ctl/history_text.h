#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/units.h"
#include "base/vocabulary.h"

namespace systemcheck {

/// The daemon's answer to "history" for people: actions and changes in one list, the newest first. Pure.
Result<std::string> history_text(std::string_view document, std::size_t limit);

struct Explanation {
  CheckStatus status = CheckStatus::unknown;  ///< of the service
  std::string text{};
};

/// The daemon's answer to "explain" for people. Pure.
Result<Explanation> explanation(std::string_view document);

}  // namespace systemcheck
