#pragma once

#include <string_view>

#include "base/result.h"
#include "ctl/command_text.h"

namespace systemcheck {

/// The daemon's answer to "reload" for people. Pure.
Result<CommandReport> reload_report(std::string_view document);

}  // namespace systemcheck
