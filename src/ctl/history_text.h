#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/units.h"
#include "base/vocabulary.h"
#include "ctl/answer.h"
#include "ctl/table.h"

namespace systemcheck {

/// The daemon's answer to "history" for people: actions and changes in one list, the newest first. Pure.
Result<std::string> history_text(std::string_view document, std::size_t limit);

/// An action of that list in one line.
std::string action_line(const Json& action);

struct Explanation {
  CheckStatus status = CheckStatus::unknown;  ///< of the service
  std::string text{};
};

/// The daemon's answer to "explain" for people: how it is, why, what happens next, what was done, what helps.
/// Pure.
Result<Explanation> explanation(std::string_view document, const Style& style = {});

}  // namespace systemcheck
