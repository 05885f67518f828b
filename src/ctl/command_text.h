#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "base/vocabulary.h"
#include "ctl/answer.h"

namespace systemcheck {

/// What a person wants done, as he typed it.
struct CommandWords {
  std::string command{};
  std::string target{};
  std::string length{};  ///< of maintenance: "2h"
  std::string reason{};
  bool wants_progress = false;
};

/// The line of the control protocol that says so; an error where a word would break it. Pure.
Result<std::string> command_question(const CommandWords& words);

struct CommandReport {
  CheckStatus status = CheckStatus::unknown;  ///< the worst of all that is told
  std::string text{};
};

/// What came of it of one service: "httpd: stop: verified after 1.2 s".
std::string service_line(const std::string& command, const Json& service);

/// The daemon's answer to a command for people, a line a service. Pure.
Result<CommandReport> command_report(std::string_view document);

}  // namespace systemcheck
