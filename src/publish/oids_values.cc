#include "publish/oids_values.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <utility>

#include "publish/view_words.h"

namespace systemcheck {
namespace {

constexpr std::uint64_t number_max = std::numeric_limits<std::uint32_t>::max();

std::string date_and_time(WallTime time) {
  using namespace std::chrono;
  const auto day = floor<days>(time);
  const year_month_day date{day};
  const hh_mm_ss clock{floor<milliseconds>(time - day)};
  const auto year_number = static_cast<unsigned>(static_cast<int>(date.year()));
  const auto octet = [](auto number) { return static_cast<char>(static_cast<unsigned char>(number)); };
  return {octet(year_number >> 8),
          octet(year_number & 0xff),
          octet(static_cast<unsigned>(date.month())),
          octet(static_cast<unsigned>(date.day())),
          octet(clock.hours().count()),
          octet(clock.minutes().count()),
          octet(clock.seconds().count()),
          octet(clock.subseconds().count() / 100),
          '+',
          '\0',
          '\0'};
}

/// UTF-8: every byte of a character but its first.
bool is_inside_character(char byte) { return (static_cast<unsigned char>(byte) & 0xc0U) == 0x80U; }

}  // namespace

SnmpValue gauge(std::uint64_t number, SnmpType type) {
  return {.type = type, .number = static_cast<std::int64_t>(std::min(number, number_max))};
}

SnmpValue rounded_gauge(double number) {
  if (!(number > 0)) return gauge(0);
  if (number >= static_cast<double>(number_max)) return gauge(number_max);
  return gauge(static_cast<std::uint64_t>(std::llround(number)));
}

SnmpValue permille_gauge(double ratio) { return rounded_gauge(std::min(ratio, 1.0) * 1000); }

SnmpValue kib_gauge(double bytes) { return rounded_gauge(std::floor(bytes / 1024)); }

SnmpValue counter(std::uint64_t number) {
  return {.type = SnmpType::counter32, .number = static_cast<std::int64_t>(number & number_max)};
}

SnmpValue wide_counter(std::uint64_t number) {
  constexpr std::uint64_t wide_max = std::numeric_limits<std::int64_t>::max();
  return {.type = SnmpType::counter64, .number = static_cast<std::int64_t>(number & wide_max)};
}

SnmpValue truth_value(bool is_true) { return {.number = is_true ? 1 : 2}; }

SnmpValue text_value(std::string_view text) {
  constexpr std::string_view ellipsis = "…";
  std::string shown = published_text(text);
  if (shown.size() > snmp_text_bytes_max) {
    auto end = snmp_text_bytes_max - ellipsis.size();
    while (is_inside_character(shown[end]))
      --end;
    shown.replace(end, std::string::npos, ellipsis);
  }
  return {.type = SnmpType::octets, .octets = std::move(shown)};
}

SnmpValue ticks_at(Instant when, const SnmpMoment& moment) {
  using Ticks = std::chrono::duration<std::int64_t, std::centi>;
  const auto ticks = std::chrono::duration_cast<Ticks>(when - moment.agent_started).count();
  const auto counted = static_cast<std::uint64_t>(std::max<std::int64_t>(ticks, 0));
  return {.type = SnmpType::time_ticks, .number = static_cast<std::int64_t>(counted & number_max)};
}

SnmpValue date_value(const std::optional<WallTime>& time) {
  return {.type = SnmpType::octets, .octets = time ? date_and_time(*time) : std::string(8, '\0')};
}

Duration sample_age(const View& view, const SnmpMoment& moment) {
  const auto since = view.snapshot->cycle > 0 ? view.snapshot->taken : moment.agent_started;
  return std::max(moment.now - since, Duration::zero());
}

bool is_stale(const View& view, const SnmpMoment& moment) {
  return sample_age(view, moment) > 3 * view.daemon.cycle_interval;
}

std::string stale_words(const View& view, const SnmpMoment& moment) {
  return "no new sample for " + duration_words(sample_age(view, moment));
}

}  // namespace systemcheck
