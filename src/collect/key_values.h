#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace systemcheck {

/// The number behind `key` in a pseudo-file of lines like "MemTotal:  24683936 kB" or "oom_kill 0";
/// nothing where no line begins with it, or its second word is no number.
std::optional<std::uint64_t> number_behind(std::string_view key, std::string_view text);

}  // namespace systemcheck
