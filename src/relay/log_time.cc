#include "relay/log_time.h"

#include <algorithm>
#include <array>
#include <iterator>

#include "base/text.h"

namespace systemcheck {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr int year_min = 2000;
constexpr int year_max = 2199;
constexpr int leap_years_apart = 8;  // at most: 1896 to 1904

/// Exactly so many digits at a place.
std::optional<int> number_at(std::string_view text, std::size_t at, std::size_t digits) {
  int number = 0;
  for (const char c : text.substr(at, digits)) {
    if (c < '0' || c > '9') return std::nullopt;
    number = number * 10 + (c - '0');
  }
  return number;
}

/// "16:29:38"; a leap second is the one after it.
std::optional<Duration> parse_clock(std::string_view text) {
  if (text.size() != 8 || text[2] != ':' || text[5] != ':') return std::nullopt;
  const auto hour = number_at(text, 0, 2);
  const auto minute = number_at(text, 3, 2);
  const auto second = number_at(text, 6, 2);
  if (!hour || !minute || !second || *hour > 23 || *minute > 59 || *second > 60) return std::nullopt;
  return hours{*hour} + minutes{*minute} + seconds{*second};
}

std::optional<WallTime> midnight(int year, unsigned month, unsigned day) {
  const std::chrono::year_month_day date{std::chrono::year{year}, std::chrono::month{month},
                                         std::chrono::day{day}};
  if (!date.ok() || year < year_min || year > year_max) return std::nullopt;
  return WallTime{std::chrono::sys_days{date}};
}

std::optional<WallTime> parse_date(std::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return std::nullopt;
  const auto year = number_at(text, 0, 4);
  const auto month = number_at(text, 5, 2);
  const auto day = number_at(text, 8, 2);
  if (!year || !month || !day) return std::nullopt;
  return midnight(*year, static_cast<unsigned>(*month), static_cast<unsigned>(*day));
}

/// The moment at which clocks on the wall show `local`.
WallTime from_local(WallTime local, WallTime now, const UtcOffset& offset_at) {
  const auto by_now = local - offset_at(now);
  if (by_now + offset_at(by_now) == local) return by_now;
  return local - offset_at(local - offset_at(local));
}

std::optional<unsigned> parse_month(std::string_view name) {
  constexpr std::array<std::string_view, 12> names{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                   "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto* found = std::ranges::find(names, name);
  if (found == names.end()) return std::nullopt;
  return static_cast<unsigned>(std::distance(names.begin(), found)) + 1;
}

/// "Nov 22 16:29:38", "Nov  2 16:29:38".
std::optional<WallTime> parse_stamp(std::string_view text, WallTime now, const UtcOffset& offset_at) {
  const auto month = parse_month(text.substr(0, 3));
  const bool is_short = text[4] == ' ';
  const auto day = number_at(text, is_short ? 5 : 4, is_short ? 1 : 2);
  const auto clock = parse_clock(text.substr(7));
  if (text[3] != ' ' || text[6] != ' ' || !month || !day || !clock) return std::nullopt;
  const std::chrono::year_month_day today{std::chrono::floor<days>(now)};
  const int last = static_cast<int>(today.year()) + 1;
  for (int year = last; year >= last - leap_years_apart - 1; --year) {
    const auto date = midnight(year, *month, static_cast<unsigned>(*day));
    if (!date) continue;
    const auto at = from_local(*date + *clock, now, offset_at);
    if (at <= now + days{1}) return at;
  }
  return std::nullopt;
}

/// ".123456", to nanoseconds.
std::optional<Duration> take_fraction(std::string_view& rest) {
  if (!rest.starts_with('.')) return Duration{0};
  rest.remove_prefix(1);
  const auto end = std::min(rest.find_first_not_of("0123456789"), rest.size());
  if (end == 0 || end > 9) return std::nullopt;
  auto number = Duration{*number_at(rest, 0, end)};
  for (auto digits = end; digits < 9; ++digits)
    number *= 10;
  rest.remove_prefix(end);
  return number;
}

/// "Z", "+02:00".
std::optional<Duration> parse_zone(std::string_view text) {
  if (text == "Z" || text == "z") return Duration{0};
  if (text.size() != 6 || (text[0] != '+' && text[0] != '-') || text[3] != ':') return std::nullopt;
  const auto hour = number_at(text, 1, 2);
  const auto minute = number_at(text, 4, 2);
  if (!hour || !minute || *hour > 23 || *minute > 59) return std::nullopt;
  const Duration east = hours{*hour} + minutes{*minute};
  return text[0] == '+' ? east : -east;
}

std::optional<WallTime> parse_rfc3339(std::string_view text, WallTime local) {
  auto rest = text.substr(19);
  const auto fraction = take_fraction(rest);
  const auto zone = parse_zone(rest);
  if (!fraction || !zone) return std::nullopt;
  return local + *fraction - *zone;
}

}  // namespace

std::optional<WallTime> parse_log_time(std::string_view text, WallTime now, const UtcOffset& offset_at) {
  if (text.size() == 15) return parse_stamp(text, now, offset_at);
  if (text.size() < 19) return std::nullopt;
  const auto date = parse_date(text.substr(0, 10));
  const auto clock = parse_clock(text.substr(11, 8));
  if (!date || !clock) return std::nullopt;
  if (text[10] == 'T' || text[10] == 't') return parse_rfc3339(text, *date + *clock);
  if (text[10] == ' ' && text.size() == 19) return from_local(*date + *clock, now, offset_at);
  return std::nullopt;
}

}  // namespace systemcheck
