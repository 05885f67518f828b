#include "publish/html.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>

#include "publish/view_words.h"

namespace systemcheck {
namespace {

constexpr std::string_view escape_of(char letter) {
  switch (letter) {
    case '&':
      return "&amp;";
    case '<':
      return "&lt;";
    case '>':
      return "&gt;";
    case '"':
      return "&quot;";
    case '\'':
      return "&#39;";
    default:
      return {};
  }
}

std::string escaped(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  for (const char letter : text) {
    const auto escape = escape_of(letter);
    if (escape.empty()) result += letter;
    result += escape;
  }
  return result;
}

/// Without half a character at its end.
std::string cut(std::string text, std::size_t limit) {
  if (text.size() <= limit) return text;
  while (limit > 0 && (static_cast<unsigned char>(text[limit]) & 0xC0U) == 0x80U)
    --limit;
  return text.substr(0, limit) + "…";
}

std::string one_unit(Duration duration) {
  const auto seconds = std::max<std::int64_t>(0, std::chrono::floor<std::chrono::seconds>(duration).count());
  if (seconds < 100) return fmt::format("{} s", seconds);
  if (seconds < 6'000) return fmt::format("{} min", seconds / 60);
  return seconds < 172'800 ? fmt::format("{} h", seconds / 3'600) : fmt::format("{} d", seconds / 86'400);
}

std::string time_element(WallTime at, std::string_view kind, std::string_view text) {
  const auto told = kind.empty() ? std::string() : fmt::format(R"( data-kind="{}")", kind);
  return fmt::format(R"(<time datetime="{}"{}>{}</time>)", wall_time_text(at), told, text);
}

/// Of "2026-11-22T18:20:00Z".
std::string clock_text(WallTime at, std::size_t letters) { return wall_time_text(at).substr(11, letters); }

int percent_of(double share) {
  if (!std::isfinite(share)) return 0;
  return static_cast<int>(std::lround(std::clamp(share, 0.0, 1.0) * 100));
}

double fullness(const View& view, const FileSystemRow& row) {
  const auto& disks = view.snapshot->facts.of<Disks>();
  if (!disks || row.index >= disks->file_systems.size()) return 2;
  const auto& disk = disks->file_systems[row.index];
  return disk.usage ? std::max(disk.used_ratio(), disk.inodes_ratio()) : 2;
}

int gravity(const ServiceRow& row) {
  if (row.state == ServiceState::absent) return 4;
  if (row.status == CheckStatus::critical) return 0;
  if (row.status == CheckStatus::warning) return 1;
  const bool is_quiet = row.state == ServiceState::up && row.status == CheckStatus::ok;
  return is_quiet ? 3 : 2;
}

}  // namespace

std::string html_text(std::string_view text) { return escaped(published_text(text)); }

std::string html_line(std::string_view text, std::size_t limit) {
  return escaped(cut(published_text(text), limit));
}

std::string html_sign(CheckStatus status) {
  return fmt::format(R"(<svg class="sign {0}" aria-hidden="true"><use href="#sign-{0}"/></svg>)",
                     word(status));
}

std::string html_ago(WallTime then, WallTime now) { return time_element(then, "ago", one_unit(now - then)); }
std::string html_until(WallTime then, WallTime now) { return time_element(then, "in", one_unit(then - now)); }
std::string html_clock(WallTime at) { return time_element(at, "", clock_text(at, 8)); }
std::string html_minute(WallTime at) { return time_element(at, "minute", clock_text(at, 5)); }

std::string html_bar(double share, CheckStatus status, double mark) {
  const auto marked =
      mark > 0 && mark < 1
          ? fmt::format(R"(<rect class="mark" x="{}" width=".6" height="8"/>)", percent_of(mark))
          : std::string();
  return fmt::format(
      R"(<svg class="bar {}" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">)"
      R"(<rect class="track" width="100" height="8"/><rect class="full" width="{}" height="8"/>{}</svg>)",
      word(status), percent_of(share), marked);
}

std::string html_anchor(std::string_view name) {
  std::uint32_t hash = 2'166'136'261U;  // FNV-1a
  bool is_plain = name.size() <= 64;
  for (const char letter : name) {
    hash = (hash ^ static_cast<unsigned char>(letter)) * 16'777'619U;
    const bool is_word = (letter >= '0' && letter <= '9') || (letter >= 'A' && letter <= 'Z') ||
                         (letter >= 'a' && letter <= 'z') || letter == '-' || letter == '_' || letter == '.';
    is_plain = is_plain && is_word;
  }
  return is_plain ? fmt::format("s-{}", name) : fmt::format("s~{:08x}", hash);
}

std::string counted(std::size_t count, std::string_view noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

std::vector<const FileSystemRow*> fullest_first(const View& view) {
  std::vector<const FileSystemRow*> rows;
  for (const auto& row : view.file_systems)
    rows.push_back(&row);
  std::ranges::stable_sort(rows, std::ranges::greater{},
                           [&](const FileSystemRow* row) { return fullness(view, *row); });
  return rows;
}

std::vector<const ServiceRow*> gravest_first(const View& view) {
  std::vector<const ServiceRow*> rows;
  for (const auto& row : view.services)
    rows.push_back(&row);
  std::ranges::stable_sort(rows, {}, [](const ServiceRow* row) { return gravity(*row); });
  return rows;
}

}  // namespace systemcheck
