#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace systemcheck {

/// Asks the daemon at `socket` one question, a line of its control protocol, and returns the whole
/// answer. An error of kind not_found or refused: no daemon there.
Result<std::string> ask_daemon(const std::string& socket, std::string_view question);

}  // namespace systemcheck
