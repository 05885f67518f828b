#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace systemcheck {

/// Where the first of a few bytes stands in a text, or its length. Eight bytes at a time: names in a log are
/// short, and of all lengths, so that what ends a loop over their bytes is never foreseen by the processor.
template <char... Wanted>
std::size_t find_byte(std::string_view text) {
  constexpr std::uint64_t ones = 0x0101010101010101U;
  constexpr std::uint64_t tops = 0x8080808080808080U;
  constexpr std::size_t step = sizeof(std::uint64_t);
  std::size_t at = 0;
  if constexpr (std::endian::native == std::endian::little) {
    for (; at + step <= text.size(); at += step) {
      std::uint64_t eight = 0;
      std::memcpy(&eight, text.data() + at, step);
      // The lowest bit that is set belongs to the first byte that is equal; those above it may be wrong.
      const auto equal = [&](char c) {
        const auto difference = eight ^ (ones * static_cast<unsigned char>(c));
        return (difference - ones) & ~difference & tops;
      };
      const auto found = (equal(Wanted) | ...);
      if (found != 0) return at + static_cast<std::size_t>(std::countr_zero(found)) / 8;
    }
  }
  while (at < text.size() && ((text[at] != Wanted) && ...))
    ++at;
  return at;
}

}  // namespace systemcheck
