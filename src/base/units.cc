#include "base/units.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <optional>
#include <span>

#include "base/text.h"

namespace systemcheck {
namespace {

struct Unit {
  std::string_view name;
  std::uint64_t size;
};

constexpr std::uint64_t second = 1'000'000'000;

// Each from small to large. "us" and "ns" are there so that every Duration has a text.
constexpr std::array<Unit, 7> duration_units{{{"ns", 1},
                                              {"us", 1'000},
                                              {"ms", 1'000'000},
                                              {"s", second},
                                              {"m", 60 * second},
                                              {"h", 3600 * second},
                                              {"d", 86400 * second}}};
constexpr std::array<Unit, 5> byte_units{
    {{"", 1}, {"KiB", 1ULL << 10}, {"MiB", 1ULL << 20}, {"GiB", 1ULL << 30}, {"TiB", 1ULL << 40}}};

bool is_digit(char c) { return c >= '0' && c <= '9'; }

Error malformed(std::string_view text, std::string_view what) {
  return {Error::Kind::malformed, "'" + printable(text, 64) + "' " + std::string(what)};
}

/// Digits, then the name of a unit. Nothing when it is anything else, or more than `max`.
std::optional<std::uint64_t> parse_quantity(std::string_view text, std::span<const Unit> units,
                                            std::uint64_t max) {
  std::size_t digits = 0;
  while (digits < text.size() && is_digit(text[digits]))
    ++digits;
  const auto count = parse_number<std::uint64_t>(text.substr(0, digits));
  if (!count) return std::nullopt;
  for (const auto& unit : units) {
    if (unit.name != text.substr(digits)) continue;
    if (*count > max / unit.size) return std::nullopt;
    return *count * unit.size;
  }
  return std::nullopt;
}

/// In the largest unit that leaves no remainder.
std::string quantity_text(std::uint64_t quantity, std::span<const Unit> units) {
  for (auto unit = units.rbegin(); unit != units.rend(); ++unit) {
    if (quantity % unit->size == 0) return std::to_string(quantity / unit->size) + std::string(unit->name);
  }
  return std::to_string(quantity);
}

std::string one_decimal(double value) {
  std::array<char, 64> buffer{};
  const auto end =
      std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, std::chars_format::fixed, 1);
  return {buffer.data(), end.ptr};
}

/// The absolute value: that of the smallest Duration does not fit a Duration.
std::uint64_t magnitude(Duration duration) {
  const auto count = static_cast<std::uint64_t>(duration.count());
  return duration.count() < 0 ? 0 - count : count;
}

std::string two_units(std::uint64_t large, std::string_view large_name, std::uint64_t small,
                      std::string_view small_name) {
  auto text = std::to_string(large) + " " + std::string(large_name);
  if (small != 0) text += " " + std::to_string(small) + " " + std::string(small_name);
  return text;
}

std::string magnitude_words(std::uint64_t nanoseconds) {
  const auto seconds = nanoseconds / second;
  if (nanoseconds == 0) return "0 s";
  if (nanoseconds < 1'000'000) return std::to_string(nanoseconds / 1000) + " µs";
  if (seconds < 1) return std::to_string(nanoseconds / 1'000'000) + " ms";
  // Cut rather than rounded: 59.96 s is not "60.0 s".
  const auto tenths = nanoseconds / 100'000'000;
  if (seconds < 60) return one_decimal(static_cast<double>(tenths) / 10) + " s";
  if (seconds < 3600) return two_units(seconds / 60, "min", seconds % 60, "s");
  if (seconds < 86400) return two_units(seconds / 3600, "h", seconds / 60 % 60, "min");
  return two_units(seconds / 86400, "d", seconds / 3600 % 24, "h");
}

std::string two_digits(unsigned number) {
  return {static_cast<char>('0' + number / 10 % 10), static_cast<char>('0' + number % 10)};
}

/// The decimal point of "0.145" moved two places to the right: "14.5". Exact, where a multiplication
/// by 100 would give 14.499999999999998.
std::string percent_of(std::string_view decimal) {
  const auto point = decimal.find('.');
  std::string whole(decimal.substr(0, point));
  std::string fraction(point == std::string_view::npos ? "" : decimal.substr(point + 1));
  while (fraction.size() < 2)
    fraction += '0';
  whole += fraction.substr(0, 2);
  fraction.erase(0, 2);
  whole.erase(0, std::min(whole.find_first_not_of('0'), whole.size() - 1));
  return fraction.empty() ? whole : whole + "." + fraction;
}

}  // namespace

Result<Duration> parse_duration(std::string_view text) {
  const auto count = parse_quantity(text, duration_units,
                                    static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()));
  if (!count)
    return malformed(text, "is not a duration (a whole number and a unit, as 250ms, 10s, 5m, 2h, 1d)");
  return Duration(static_cast<std::int64_t>(*count));
}

Result<std::uint64_t> parse_bytes(std::string_view text) {
  const auto count = parse_quantity(text, byte_units, std::numeric_limits<std::uint64_t>::max());
  if (!count)
    return malformed(text, "is not a size (bytes, or a whole number and a unit, as 4096, 64MiB, 2GiB)");
  return *count;
}

Result<double> parse_share(std::string_view text) {
  constexpr std::string_view hint = "is not a share (0% to 100%, as 10% or 2.5%)";
  constexpr std::size_t digits_max = 1100;  // more than any double needs
  if (text.size() < 2 || text.size() > digits_max || text.back() != '%') return malformed(text, hint);
  const auto digits = text.substr(0, text.size() - 1);
  if (digits.find_first_not_of("0123456789.") != std::string_view::npos) return malformed(text, hint);
  if (!is_digit(digits.front()) || !is_digit(digits.back())) return malformed(text, hint);
  // Read with its exponent, so that "10%" is the very double that 0.10 is in a source.
  const auto share = parse_number<double>(std::string(digits) + "e-2");
  if (!share || *share > 1) return malformed(text, hint);
  return *share;
}

std::string duration_text(Duration duration) {
  if (duration == Duration::zero()) return "0s";
  return (duration < Duration::zero() ? "-" : "") + quantity_text(magnitude(duration), duration_units);
}

std::string duration_words(Duration duration) {
  return (duration < Duration::zero() ? "-" : "") + magnitude_words(magnitude(duration));
}

std::string bytes_text(std::uint64_t bytes) {
  if (bytes == 0) return "0";
  return quantity_text(bytes, byte_units);
}

std::string bytes_words(std::uint64_t bytes) {
  constexpr std::array<std::string_view, 6> names{"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  if (bytes < 1024) return std::to_string(bytes) + " B";
  auto value = static_cast<double>(bytes) / 1024;
  std::size_t unit = 0;
  // 1023.95 would be shown as "1024.0".
  while (value >= 1023.95 && unit + 1 < names.size()) {
    value /= 1024;
    ++unit;
  }
  return one_decimal(value) + " " + std::string(names.at(unit));
}

std::string share_text(double share) {
  if (!std::isfinite(share)) return "unknown";
  std::array<char, 1200> buffer{};  // the smallest double has 1074 places
  const auto end =
      std::to_chars(buffer.data(), buffer.data() + buffer.size(), std::abs(share), std::chars_format::fixed);
  return (share < 0 ? "-" : "") + percent_of({buffer.data(), end.ptr}) + "%";
}

std::string wall_time_text(WallTime time) {
  const auto whole = std::chrono::floor<std::chrono::seconds>(time);
  const auto day = std::chrono::floor<std::chrono::days>(whole);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(whole - day);
  return std::to_string(static_cast<int>(date.year())) + "-" +
         two_digits(static_cast<unsigned>(date.month())) + "-" +
         two_digits(static_cast<unsigned>(date.day())) + "T" +
         two_digits(static_cast<unsigned>(clock.hours().count())) + ":" +
         two_digits(static_cast<unsigned>(clock.minutes().count())) + ":" +
         two_digits(static_cast<unsigned>(clock.seconds().count())) + "Z";
}

}  // namespace systemcheck
