#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/vocabulary.h"
#include "config/files.h"

namespace systemcheck {

/// 48 bits that change with the effective configuration: they fit a double without loss.
std::uint64_t config_hash(const Config& config);

/// A part of the configuration that is otherwise: "cycle", "services.httpd".
struct ConfigChange {
  enum class Kind { added, removed, changed };
  std::string name{};
  Kind kind = Kind::changed;
};
template <>
struct Words<ConfigChange::Kind> {
  static constexpr int first = 0;
  static constexpr std::array<std::string_view, 3> all{"added", "removed", "changed"};
};
std::vector<ConfigChange> config_changes(const Config& before, const Config& after);

/// The keys among them that are in force only when the daemon is started anew.
std::vector<std::string> changes_at_start_only(const Config& before, const Config& after);

/// Of expressions of the relay that are well written, and may not be used; without a place in a file.
std::vector<Problem> find_pattern_problems(const Config& config);

}  // namespace systemcheck
