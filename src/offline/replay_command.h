#pragma once

#include <string>
#include <vector>

#include "base/units.h"

namespace systemcheck {

struct ReplayArguments {
  std::string database{};         ///< empty: state.db of the state directory
  std::string state_directory{};  ///< empty: that of the configuration
  std::string config{};           ///< empty: the installed one
  std::string since{};            ///< "90s", "2h", "7d"; empty: all
  std::vector<std::string> services{};
  bool as_json = false;
  bool only_differences = false;
};

struct ReplayAnswer {
  std::string output{};
  std::string complaints{};  ///< lines for standard error
  int exit_code = 0;         ///< 0: all is decided as then; 1: something is not; 3: it cannot be told
};

/// Reads the configuration and the history, and writes nothing.
ReplayAnswer answer_replay(const ReplayArguments& arguments, WallTime now);

}  // namespace systemcheck
