#pragma once

#include <cstddef>
#include <string>

#include "base/result.h"

namespace systemcheck {

/// The content of a file that holds a password: it is root's or ours, and nobody else's to read. An error of
/// kind denied if it is not so, malformed if it is longer than `limit_bytes`.
Result<std::string> read_secret_file(const std::string& path, std::size_t limit_bytes);

}  // namespace systemcheck
