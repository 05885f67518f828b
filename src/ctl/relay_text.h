#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "base/vocabulary.h"

// The daemon's answers to "relay …", for people. All pure.

namespace systemcheck {

/// Who may send: a line each.
Result<std::string> relay_list(std::string_view document);
/// Whether an address may send, and why.
struct RelayReason {
  CheckStatus status = CheckStatus::unknown;  ///< ok: it may; warning: it may not
  std::string text{};
};
Result<RelayReason> relay_reason(std::string_view document);
/// Who could send when, the newest first.
Result<std::string> relay_history(std::string_view document);
/// What came of add, remove or flush, in one line.
Result<std::string> relay_result(std::string_view document);
/// The relay as a whole, from the status document.
Result<RelayReason> relay_stats(std::string_view document);

}  // namespace systemcheck
