#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace systemcheck {

/// So many columns of a terminal; of what is printable.
std::size_t shown_width(std::string_view text);

/// How something is shown: no line wider than `width` if that can be, states in colours or not.
struct Style {
  std::size_t width = 200;
  bool is_coloured = false;
};

/// A state or a status in its colour: green is well, yellow is to be looked at, red is bad.
std::string coloured(std::string_view word, bool is_coloured);

/// Columns as wide as their widest cell. The last one takes what is left, on as many lines as it needs; where
/// too little is left, those of the highest rank are left out.
class Table {
 public:
  struct Column {
    std::string title{};
    int rank = 0;  ///< 0: never left out
    bool is_number = false;
    bool is_state = false;
  };
  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

  void add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }
  [[nodiscard]] std::string text(const Style& style) const;

 private:
  [[nodiscard]] std::vector<std::size_t> widths() const;
  [[nodiscard]] std::vector<bool> shown(const std::vector<std::size_t>& widths, std::size_t width) const;

  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_{};
};

}  // namespace systemcheck
