#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace systemcheck {

/// Which of eight bytes is one of those that are wanted, the first in memory; 8 if none is. Of a
/// little-endian machine.
template <char... Wanted>
std::size_t find_among_eight(std::uint64_t eight) {
  constexpr std::uint64_t ones = 0x0101010101010101U;
  constexpr std::uint64_t tops = 0x8080808080808080U;
  // The lowest bit that is set belongs to the first byte that is equal; those above it may be wrong.
  const auto equal = [eight](char c) {
    const auto difference = eight ^ (ones * static_cast<unsigned char>(c));
    return (difference - ones) & ~difference & tops;
  };
  return static_cast<std::size_t>(std::countr_zero((equal(Wanted) | ...))) / 8;
}

/// Where the first of a few bytes stands in a text, or its length. Eight bytes at a time: names in a log are
/// short, and of all lengths, so that what ends a loop over their bytes is never foreseen by the processor.
template <char... Wanted>
std::size_t find_byte(std::string_view text) {
  constexpr std::size_t step = sizeof(std::uint64_t);
  const auto whole = std::endian::native == std::endian::little ? text.size() / step * step : 0;
  std::size_t at = 0;
  for (; at < whole; at += step) {
    std::uint64_t eight = 0;
    std::memcpy(&eight, text.data() + at, step);
    const auto found = find_among_eight<Wanted...>(eight);
    if (found < step) return at + found;
  }
  while (at < text.size() && ((text[at] != Wanted) && ...))
    ++at;
  return at;
}

}  // namespace systemcheck
