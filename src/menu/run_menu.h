#pragma once

#include <string>

#include "base/result.h"

namespace systemcheck {

/// The menu on the terminal of this process, with the daemon at `socket`, until somebody leaves it. What is
/// to be said when the screen is as it was; an error where there is no terminal for it.
Result<std::string> run_menu(const std::string& socket);

}  // namespace systemcheck
