#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "publish/oids.h"

// Our numbers and words as values of SMIv2. Pure.

namespace systemcheck {

/// Saturates at 2^32-1: a gauge that wrapped would say "almost none" where there is more than it counts.
SnmpValue gauge(std::uint64_t number, SnmpType type = SnmpType::gauge);
/// To the nearest; what is below 0 or no number is 0.
SnmpValue rounded_gauge(double number);
/// A ratio, 0 to 1, as 0 to 1000.
SnmpValue permille_gauge(double ratio);
/// Bytes as whole KiB.
SnmpValue kib_gauge(double bytes);
/// Wraps, as a counter must (RFC 2578, 7.1.6).
SnmpValue counter(std::uint64_t number);
/// For what would wrap too soon. It stays below 2^63.
SnmpValue wide_counter(std::uint64_t number);
SnmpValue truth_value(bool is_true);
/// The same text that others publish (published_text), cut to snmp_text_bytes_max bytes.
SnmpValue text_value(std::string_view text);
/// sysUpTime at `when`; 0 for what was before the agent's start (RFC 2579, TimeStamp).
SnmpValue ticks_at(Instant when, const SnmpMoment& moment);
/// RFC 2579 DateAndTime, in UTC and with its zone; eight zeros: never.
SnmpValue date_value(const std::optional<WallTime>& time);

/// Since the snapshot of the view was taken; since the agent's start where there is none.
Duration sample_age(const View& view, const SnmpMoment& moment);
/// Three intervals without a sample: whatever the last one said, nobody is looking any more.
bool is_stale(const View& view, const SnmpMoment& moment);
/// The same for people.
std::string stale_words(const View& view, const SnmpMoment& moment);

template <typename Numbers>
std::uint64_t sum(const Numbers& numbers) {
  std::uint64_t total = 0;
  for (const auto number : numbers)
    total += number;
  return total;
}

/// The number that an enumeration gives to a word of ours.
template <typename Enum>
SnmpValue label_value(Enum value, const Syntax& syntax) {
  return {.number = static_cast<int>(value) - Words<Enum>::first + syntax.first_label};
}

}  // namespace systemcheck
