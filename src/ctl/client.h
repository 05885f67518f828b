#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "base/units.h"

namespace systemcheck {

/// How long one waits for an answer that is known already, and for one that must come about first: the daemon
/// gives up earlier.
inline constexpr Duration answer_patience = std::chrono::seconds{5};
inline constexpr Duration result_patience = std::chrono::hours{25};

/// Asks the daemon at `socket` one question, a line of its control protocol, and returns the whole
/// answer. An error of kind not_found or refused: no daemon there.
Result<std::string> ask_daemon(const std::string& socket, std::string_view question,
                               Duration patience = answer_patience);

}  // namespace systemcheck
