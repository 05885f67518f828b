#include "decide/windows.h"

#include <algorithm>

#include "config/groups.h"

namespace systemcheck {
namespace {

using std::chrono::days;
using std::chrono::local_days;
using std::chrono::sys_days;

/// One that begins earlier is over.
constexpr int days_back = 8;

/// Local time without a zone, counted as if it were UTC.
using LocalTime = WallTime;

bool is_meant(const Config& config, const MaintenanceWindow& window, std::string_view service) {
  return std::ranges::any_of(window.services,
                             [&](const std::string& name) { return is_called(config, service, name); });
}

bool begins_on(const MaintenanceWindow& window, sys_days day) {
  if (window.days.empty()) return true;
  const std::chrono::weekday weekday(day);
  const auto wanted = static_cast<Weekday>(weekday.iso_encoding() - 1);
  return std::ranges::find(window.days, wanted) != window.days.end();
}

/// By the offset of the day before and of the day after: one of them holds, and in a gap the one before.
WallTime utc_of(LocalTime local, const UtcOffset& offset_at) {
  const auto before = local - offset_at(local - days{1});
  if (before + offset_at(before) == local) return before;
  const auto after = local - offset_at(local + days{1});
  return after + offset_at(after) == local ? after : before;
}

std::optional<OpenWindow> find_opening(const MaintenanceWindow& window, WallTime now,
                                       const UtcOffset& offset_at) {
  const auto today = std::chrono::floor<days>(now + offset_at(now));
  for (int back = -1; back <= days_back; ++back) {
    const sys_days day = today - days{back};
    if (!begins_on(window, day)) continue;
    const auto from = utc_of(LocalTime{day + window.from}, offset_at);
    if (from <= now && now < from + window.length)
      return OpenWindow{.from = from, .until = from + window.length, .reason = window.reason};
  }
  return std::nullopt;
}

}  // namespace

std::optional<OpenWindow> find_open_window(const Config& config, std::string_view service, WallTime now,
                                           const UtcOffset& offset_at) {
  std::optional<OpenWindow> open;
  for (const auto& window : config.maintenance) {
    if (!is_meant(config, window, service)) continue;
    auto opening = find_opening(window, now, offset_at);
    if (opening && (!open || opening->until > open->until)) open = std::move(opening);
  }
  return open;
}

}  // namespace systemcheck
