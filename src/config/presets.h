#pragma once

#include <span>
#include <string_view>

#include "config/config.h"

namespace systemcheck {

/// A service this project knows: where Debian and Red Hat keep it, and how to tell its main process.
struct Preset {
  std::string_view name{};
  std::string_view description{};
  Service service{};
};

/// All of them, in the order in which they are shown.
std::span<const Preset> presets();

}  // namespace systemcheck
