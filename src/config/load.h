#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/config.h"

namespace systemcheck {

/// One file of the configuration, read already.
struct ConfigText {
  std::string path{};
  std::string text{};
};

/// What is wrong, and where. Lines and columns start at 1; 0 when the whole file is meant.
struct Problem {
  std::string file{};
  int line = 0;
  int column = 0;
  std::string message{};

  /// "systemcheck.yaml:14:3: unknown key 'treshold' (did you mean 'threshold'?)"
  [[nodiscard]] std::string text() const;
  auto operator<=>(const Problem&) const = default;
};

struct Loaded {
  Config config{};                  ///< only meaningful when there is no problem
  std::vector<Problem> problems{};  ///< all of them, by file and line
};

/// Texts to configuration: pure. Later files add to earlier ones; a scalar or a service said twice
/// is a problem that names both places. Presets are merged in; with `discover` the presets that
/// nobody listed are appended as discovered services.
Loaded load_config(const std::vector<ConfigText>& texts);

/// The effective configuration as YAML that load_config() reads back as the same.
std::string config_yaml(const Config& config);

}  // namespace systemcheck
