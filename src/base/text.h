#pragma once

#include <charconv>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace systemcheck {

/// Takes the next blank-separated word off the front of `text`.
/// Returns an empty word when there is none.
std::string_view take_word(std::string_view& text);

/// Takes the next line off the front of `text`, without its newline.
std::string_view take_line(std::string_view& text);

/// The whole of `text` as a number, or nothing. Never consults the locale.
template <typename Number>
std::optional<Number> parse_number(std::string_view text) {
  Number number{};
  const auto* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc{} || stop != end) return std::nullopt;
  return number;
}

/// What may safely be shown on a terminal or in a log: valid UTF-8 is kept, control characters and
/// bytes that are no UTF-8 become \xNN, a backslash \\; at most `limit` bytes, then "…".
std::string printable(std::string_view text, std::size_t limit = 256);

/// How many bytes at the front are UTF-8 without anything printable() would escape but a backslash,
/// a tab or the end of a line: all of them in a text that an editor wrote.
std::size_t clean_prefix(std::string_view text);

/// The candidate nearest to `word`, if near enough to be a slip of the finger.
std::optional<std::string_view> nearest(std::string_view word, std::span<const std::string_view> candidates);

/// The last component of a path.
std::string_view base_name(std::string_view path);

}  // namespace systemcheck
