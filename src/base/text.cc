#include "base/text.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

namespace systemcheck {
namespace {

/// Not find_first_of() with a list of them: that calls memchr(3) for each character of each process.
constexpr bool is_blank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

/// A code point at the front of a text; `length` is 0 where there is no valid UTF-8.
struct CodePoint {
  char32_t value = 0;
  std::size_t length = 0;
};

std::uint32_t byte_at(std::string_view text, std::size_t at) { return static_cast<unsigned char>(text[at]); }

/// Well-formed UTF-8 only, as of RFC 3629: no overlong forms, no surrogates, nothing beyond U+10FFFF.
CodePoint first_code_point(std::string_view text) {
  constexpr std::array<std::uint32_t, 5> smallest{0, 0, 0x80, 0x800, 0x10000};
  const auto lead = byte_at(text, 0);
  if (lead < 0x80) return {static_cast<char32_t>(lead), 1};
  const std::size_t length = lead >= 0xF8 ? 0 : lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC0 ? 2 : 0;
  if (length == 0 || text.size() < length) return {};
  auto value = lead & (0x7FU >> length);
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte_at(text, i) & 0xC0U) != 0x80) return {};
    value = (value << 6) | (byte_at(text, i) & 0x3FU);
  }
  const bool is_surrogate = value >= 0xD800 && value <= 0xDFFF;
  if (value < smallest.at(length) || value > 0x10FFFF || is_surrogate) return {};
  return {static_cast<char32_t>(value), length};
}

/// Control characters, and those that reorder or break the line they stand in: with U+202E a
/// process could make a log line say something else.
bool is_unsafe(char32_t c) {
  const auto within = [c](char32_t low, char32_t high) { return c >= low && c <= high; };
  return c < 0x20 || within(0x7F, 0x9F) || within(0x200E, 0x200F) || within(0x2028, 0x202E) ||
         within(0x2066, 0x2069) || c == 0x061C || c == 0xFEFF;
}

void append_escaped(std::string& out, std::string_view bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    out += "\\x";
    out += digits[byte_at(bytes, i) >> 4];
    out += digits[byte_at(bytes, i) & 0xFU];
  }
}

std::string escaped(std::string_view bytes, const CodePoint& point) {
  if (point.value == U'\\') return "\\\\";
  if (point.length != 0 && !is_unsafe(point.value)) return std::string(bytes);
  std::string out;
  append_escaped(out, bytes);
  return out;
}

/// Optimal string alignment: insertions, deletions, replacements and swapped neighbours count one.
std::size_t slips_between(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1);
  std::vector<std::size_t> last(b.size() + 1);
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j)
    last[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, replaced});
      const bool is_swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (is_swapped) row[j] = std::min(row[j], before[j - 2] + 1);
    }
    std::swap(before, last);
    std::swap(last, row);
  }
  return last[b.size()];
}

}  // namespace

std::string_view take_word(std::string_view& text) {
  const auto* const begin = std::ranges::find_if_not(text, is_blank);
  const auto* const end = std::find_if(begin, text.end(), is_blank);
  const std::string_view word(begin, end);
  text = std::string_view(end, text.end());
  return word;
}

std::string_view take_line(std::string_view& text) {
  const auto line = text.substr(0, text.find('\n'));
  text.remove_prefix(std::min(line.size() + 1, text.size()));
  return line;
}

std::string printable(std::string_view text, std::size_t limit) {
  std::string out;
  while (!text.empty()) {
    const auto point = first_code_point(text);
    const auto bytes = text.substr(0, std::max<std::size_t>(point.length, 1));
    const auto shown = escaped(bytes, point);
    if (out.size() + shown.size() > limit) return out + "…";
    out += shown;
    text.remove_prefix(bytes.size());
  }
  return out;
}

std::size_t clean_prefix(std::string_view text) {
  std::size_t clean = 0;
  while (clean < text.size()) {
    const auto point = first_code_point(text.substr(clean));
    const bool is_layout = point.value == U'\t' || point.value == U'\n' || point.value == U'\r';
    if (point.length == 0 || (is_unsafe(point.value) && !is_layout)) return clean;
    clean += point.length;
  }
  return clean;
}

std::optional<std::string_view> nearest(std::string_view word, std::span<const std::string_view> candidates) {
  constexpr std::size_t length_max = 64;  // the cost grows with the product of the lengths
  if (word.empty() || word.size() > length_max) return std::nullopt;
  std::optional<std::string_view> best;
  std::size_t fewest = std::max<std::size_t>(word.size() / 3, 1) + 1;
  for (const auto candidate : candidates) {
    if (candidate.empty() || candidate.size() > length_max) continue;
    const auto slips = slips_between(word, candidate);
    if (slips >= fewest || slips >= candidate.size()) continue;
    fewest = slips;
    best = candidate;
  }
  return best;
}

std::string_view base_name(std::string_view path) {
  const auto end = path.find_last_not_of('/');
  if (end == std::string_view::npos) return path.substr(0, 1);
  path = path.substr(0, end + 1);
  return path.substr(path.find_last_of('/') + 1);
}

}  // namespace systemcheck
