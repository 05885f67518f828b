#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/vocabulary.h"

namespace systemcheck {

/// How a line stands out. It never says what its text does not.
enum class Accent { plain, title, faint, warning, bad, selected };

Accent look_of(CheckStatus status);

struct Line {
  std::string text{};
  Accent look = Accent::plain;
};

struct Size {
  std::size_t rows = 0;
  std::size_t columns = 0;
};

/// Smaller ones cannot show the menu.
inline constexpr Size smallest_size{.rows = 18, .columns = 60};

/// As many lines as there are rows, none longer than they are wide, all of them printable.
using Screen = std::vector<Line>;

/// How many characters; those that are two columns wide are for the terminal to cut.
std::size_t columns_of(std::string_view text);
/// At most so many of them; what was cut ends in "…".
std::string fitted(std::string_view text, std::size_t columns);
/// Exactly so many.
std::string padded(std::string_view text, std::size_t columns);
/// Lines of at most so many, broken at blanks where there are some; what goes on is indented as
/// its line is, or by four.
std::vector<std::string> wrapped(std::string_view text, std::size_t columns);

}  // namespace systemcheck
