#include "ctl/table.h"

#include <algorithm>
#include <array>
#include <utility>

namespace systemcheck {
namespace {

constexpr std::size_t last_width_min = 24;
constexpr std::size_t gap = 2;

using Colour = std::pair<std::string_view, std::string_view>;
constexpr std::string_view green = "\x1b[32m";
constexpr std::string_view yellow = "\x1b[33m";
constexpr std::string_view red = "\x1b[31m";
constexpr std::string_view cyan = "\x1b[36m";
constexpr std::array<Colour, 21> colours{{
    {"ok", green},       {"up", green},          {"verified", green},  {"needless", green},
    {"in force", green}, {"warning", yellow},    {"degraded", yellow}, {"suspect", yellow},
    {"waiting", yellow}, {"overloaded", yellow}, {"flapping", yellow}, {"restarting", yellow},
    {"skipped", yellow}, {"critical", red},      {"down", red},        {"failed", red},
    {"refused", red},    {"timed_out", red},     {"held", cyan},       {"absent", cyan},
    {"unknown", cyan},
}};

std::string padded(const std::string& text, std::size_t width, const Table::Column& column,
                   bool is_coloured) {
  const auto wide = shown_width(text);
  const std::string blanks(width > wide ? width - wide : 0, ' ');
  if (column.is_number) return blanks + text;
  return (column.is_state ? coloured(text, is_coloured) : text) + blanks;
}

/// As much as fits, up to a blank where there is one; never nothing.
std::string take_piece(std::string_view& rest, std::size_t width) {
  std::size_t end = 0;
  std::size_t blank = 0;
  for (std::size_t columns = 0; end < rest.size(); ++end) {
    const bool begins_letter = (static_cast<unsigned char>(rest[end]) & 0xc0U) != 0x80U;
    if (begins_letter && columns++ == width) break;
    if (rest[end] == ' ') blank = end;
  }
  if (end < rest.size() && rest[end] != ' ' && blank > 0) end = blank;
  std::string piece(rest.substr(0, end));
  rest.remove_prefix(end);
  rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
  return piece;
}

void add_line(std::string& text, std::string line) {
  line.erase(line.find_last_not_of(' ') + 1);
  text += line + "\n";
}

}  // namespace

std::size_t shown_width(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(
      text, [](char letter) { return (static_cast<unsigned char>(letter) & 0xc0U) != 0x80U; }));
}

std::string coloured(std::string_view word, bool is_coloured) {
  const auto* const found = std::ranges::find(colours, word, &Colour::first);
  if (!is_coloured || found == colours.end()) return std::string(word);
  return std::string(found->second) + std::string(word) + "\x1b[0m";
}

std::vector<std::size_t> Table::widths() const {
  std::vector<std::size_t> widths;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    widths.push_back(shown_width(columns_[i].title));
    for (const auto& row : rows_)
      widths[i] = std::max(widths[i], shown_width(row[i]));
  }
  return widths;
}

std::vector<bool> Table::shown(const std::vector<std::size_t>& widths, std::size_t width) const {
  std::vector<bool> shown(columns_.size(), true);
  int rank_max = 0;
  for (const auto& column : columns_)
    rank_max = std::max(rank_max, column.rank);
  for (int rank = rank_max; rank > 0; --rank) {
    std::size_t taken = 0;
    for (std::size_t i = 0; i + 1 < columns_.size(); ++i)
      taken += shown[i] ? widths[i] + gap : 0;
    if (taken + std::max(last_width_min, width / 3) <= width) break;
    for (std::size_t i = 0; i < columns_.size(); ++i)
      shown[i] = shown[i] && columns_[i].rank != rank;
  }
  return shown;
}

std::string Table::text(const Style& style) const {
  const auto wide = widths();
  const auto is_shown = shown(wide, style.width);
  std::size_t taken = 0;
  for (std::size_t i = 0; i + 1 < wide.size(); ++i)
    taken += is_shown[i] ? wide[i] + gap : 0;
  const auto rest_width = std::max(last_width_min, style.width > taken ? style.width - taken : 0);

  std::string text;
  const auto add = [&](const std::vector<std::string>& row, bool is_coloured) {
    std::string line;
    for (std::size_t i = 0; i + 1 < row.size(); ++i) {
      if (is_shown[i]) line += padded(row[i], wide[i], columns_[i], is_coloured) + std::string(gap, ' ');
    }
    std::string_view rest = row.back();
    add_line(text, line + take_piece(rest, rest_width));
    while (!rest.empty())
      add_line(text, std::string(taken, ' ') + take_piece(rest, rest_width));
  };
  std::vector<std::string> titles;
  for (const auto& column : columns_)
    titles.push_back(column.title);
  add(titles, false);
  for (const auto& row : rows_)
    add(row, style.is_coloured);
  return text;
}

}  // namespace systemcheck
