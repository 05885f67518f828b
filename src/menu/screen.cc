#include "menu/screen.h"

#include <algorithm>

#include "base/text.h"

namespace systemcheck {
namespace {

constexpr std::size_t further = 4;

bool begins_character(char byte) { return (static_cast<unsigned char>(byte) & 0xC0U) != 0x80; }

/// Where the character with this number begins.
std::size_t offset_of(std::string_view text, std::size_t character) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (begins_character(text[i]) && character-- == 0) return i;
  }
  return text.size();
}

/// Where a line that is too long is broken.
std::size_t break_of(std::string_view line, std::size_t columns) {
  const auto end = offset_of(line, columns);
  const auto blank = line.rfind(' ', end);
  const bool would_be_short = blank == std::string_view::npos || blank < end / 2;
  return would_be_short ? end : blank;
}

}  // namespace

Accent look_of(CheckStatus status) {
  if (status == CheckStatus::critical) return Accent::bad;
  return status == CheckStatus::ok ? Accent::plain : Accent::warning;
}

std::size_t columns_of(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(text, begins_character));
}

std::string fitted(std::string_view text, std::size_t columns) {
  if (columns_of(text) <= columns) return std::string(text);
  if (columns == 0) return {};
  return std::string(text.substr(0, offset_of(text, columns - 1))) + "…";
}

std::string padded(std::string_view text, std::size_t columns) {
  auto whole = fitted(text, columns);
  whole.append(columns - columns_of(whole), ' ');
  return whole;
}

std::vector<std::string> wrapped(std::string_view text, std::size_t columns) {
  std::vector<std::string> lines;
  columns = std::max(columns, 2 * further);
  while (!text.empty()) {
    std::string line(take_line(text));
    const auto indent = std::min(line.find_first_not_of(' '), columns / 2);
    const std::string further_blanks(indent == 0 ? further : indent, ' ');
    while (columns_of(line) > columns) {
      const auto end = break_of(line, columns);
      lines.push_back(line.substr(0, end));
      const auto next = line.find_first_not_of(' ', end);
      line.erase(0, next);
      if (!line.empty()) line.insert(0, further_blanks);
    }
    lines.push_back(std::move(line));
  }
  return lines;
}

}  // namespace systemcheck
