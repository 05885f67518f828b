#pragma once

#include <string_view>

namespace systemcheck {

/// Units without which nobody can look at the machine, or say what happened to it: the way in, the log, the
/// bus, the network, devices, consoles, whatever runs in the first process, and this daemon. No configuration
/// turns them off.
bool is_protected_unit(std::string_view unit);
/// The same by the path of the program, wherever it is installed.
bool is_protected_program(std::string_view path);
/// The same by the name of a preset.
bool is_protected_preset(std::string_view preset);

}  // namespace systemcheck
