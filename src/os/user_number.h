#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

namespace systemcheck {

/// Of a user of this machine by his name, or of a number as it is written; getpwnam_r(3).
std::optional<uid_t> user_number(const std::string& name);

}  // namespace systemcheck
