#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "config/load.h"

namespace systemcheck {

inline constexpr std::string_view default_config_path = "/etc/systemcheck/systemcheck.yaml";

/// The files of the configuration, in the order in which they are read. `path` empty: the default
/// file, if it exists, and conf.d/*.yaml beside it by name; otherwise that file alone, which must exist.
Result<std::vector<ConfigText>> read_config_texts(const std::string& path);

/// One file.
Result<ConfigText> read_config_text(const std::string& path);

/// Every problem as a line of its own, with its place.
std::string problem_lines(const std::vector<Problem>& problems);

}  // namespace systemcheck
