#pragma once

#include <string>
#include <string_view>

namespace systemcheck {

/// Two lower-case digits for each byte.
inline std::string hex(std::string_view bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  for (const char byte : bytes) {
    const auto value = static_cast<unsigned char>(byte);
    text += digits[value / 16U];
    text += digits[value % 16U];
  }
  return text;
}

}  // namespace systemcheck
