#pragma once

#include <cstddef>
#include <string>

#include "base/result.h"

namespace systemcheck {

inline constexpr std::size_t community_bytes_min = 8;
inline constexpr std::size_t community_bytes_max = 64;

struct Community {
  std::string text{};
  bool is_new = false;  ///< made just now: to be shown once
};

/// The community in `state_directory`/snmp-community (0640), made from getrandom(2) if there is none.
/// There is no default community: one that everybody knows would open every installation.
Result<Community> read_or_make_community(const std::string& state_directory);

}  // namespace systemcheck
