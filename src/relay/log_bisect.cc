#include "relay/log_bisect.h"

#include <algorithm>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "relay/log_place.h"
#include "relay/log_source.h"

namespace systemcheck {
namespace {

// So near it is not worth another read.
constexpr std::uint64_t near_enough_bytes = 4096;
// Room for the end of one line and the whole of the next.
constexpr std::size_t window_bytes = 2 * line_bytes_max + 2;
constexpr std::size_t back_step_bytes = 65536;
// A log has an end of a line within so much, or is none.
constexpr std::uint64_t back_bytes_max = std::uint64_t{16} << 20;

struct Line {
  std::uint64_t offset = 0;
  std::string text{};
};

/// The first one that begins at `from` or after it, if it is complete and not too long.
Result<std::optional<Line>> read_line_after(LogFile& file, std::uint64_t from) {
  std::vector<char> buffer(window_bytes);
  const auto begin = from == 0 ? 0 : from - 1;
  const auto count = file.read_at(begin, buffer);
  if (!count) return count.error();
  const std::string_view window(buffer.data(), *count);
  const auto newline = from == 0 ? 0 : window.find('\n');
  if (newline == std::string_view::npos) return std::optional<Line>{};
  const auto first = from == 0 ? 0 : newline + 1;
  const auto end = window.find('\n', first);
  if (end == std::string_view::npos) return std::optional<Line>{};
  return std::optional(Line{.offset = begin + first, .text = std::string(window.substr(first, end - first))});
}

Result<LinePlace> place_at(LogFile& file, std::uint64_t offset) {
  std::string before(std::min<std::uint64_t>(offset, FilePlace::fingerprint_bytes), '\0');
  const auto count = file.read_at(offset - before.size(), before);
  if (!count) return count.error();
  if (*count != before.size()) return LinePlace{};  // Cut short just now: it begins anew.
  return LinePlace{.offset = offset, .before = std::move(before)};
}

}  // namespace

Result<LinePlace> find_first_young(LogFile& file, std::uint64_t size, const IsOld& is_old) {
  std::uint64_t begin = 0;
  std::uint64_t end = size;
  while (end - begin > near_enough_bytes) {
    const auto middle = begin + (end - begin) / 2;
    const auto line = read_line_after(file, middle);
    if (!line) return line.error();
    const auto& found = *line;
    if (found && found->offset < end && is_old(found->text)) {
      begin = std::min(end, found->offset + found->text.size() + 1);
    } else {
      end = middle;
    }
  }
  return place_at(file, begin);
}

Result<LinePlace> find_end(LogFile& file, std::uint64_t size) {
  std::vector<char> buffer(back_step_bytes);
  const auto lowest = size - std::min(size, back_bytes_max);
  for (auto end = size; end > lowest;) {
    const auto begin = end - std::min<std::uint64_t>(end - lowest, buffer.size());
    const auto count = file.read_at(begin, std::span<char>(buffer).first(end - begin));
    if (!count) return count.error();
    const auto newline = std::string_view(buffer.data(), *count).rfind('\n');
    if (newline != std::string_view::npos) return place_at(file, begin + newline + 1);
    end = begin;
  }
  if (lowest == 0) return LinePlace{};
  auto place = place_at(file, size);
  if (place) place->is_inside_line = true;
  return place;
}

}  // namespace systemcheck
