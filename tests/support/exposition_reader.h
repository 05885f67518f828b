#pragma once

#include <cstdlib>
#include <map>
#include <string>
#include <string_view>

#include "base/text.h"

namespace systemcheck::test {

/// Text exposition as {series as written: value}; comments are left out. Enough for our own pages:
/// no timestamps, and no label value with a line break.
inline std::map<std::string, double> read_exposition(std::string_view text) {
  std::map<std::string, double> series;
  while (!text.empty()) {
    const std::string line(take_line(text));
    const auto blank = line.rfind(' ');
    if (line.empty() || line.front() == '#' || blank == std::string::npos) continue;
    series[line.substr(0, blank)] = std::strtod(line.c_str() + blank, nullptr);
  }
  return series;
}

}  // namespace systemcheck::test
