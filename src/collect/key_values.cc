#include "collect/key_values.h"

#include "base/text.h"

namespace systemcheck {

std::optional<std::uint64_t> number_behind(std::string_view key, std::string_view text) {
  while (!text.empty()) {
    auto line = take_line(text);
    if (take_word(line) == key) return parse_number<std::uint64_t>(take_word(line));
  }
  return std::nullopt;
}

}  // namespace systemcheck
