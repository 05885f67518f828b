#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/units.h"
#include "base/vocabulary.h"

namespace systemcheck {

struct StatusTable {
  CheckStatus status = CheckStatus::unknown;
  std::string text{};
};

/// The status document (contrib/doc/status-json.md) as a page for people, no line longer than `width`
/// columns except where even the narrowest form needs more. Pure.
Result<StatusTable> status_table(std::string_view document, std::size_t width, WallTime now);

}  // namespace systemcheck
