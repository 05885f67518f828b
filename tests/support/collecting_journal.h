#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/journal.h"

namespace systemcheck::test {

struct CollectingJournal final : Journal {
  void write(Severity, std::string_view line) override { lines.emplace_back(line); }

  [[nodiscard]] bool says(std::string_view part) const {
    return std::ranges::any_of(lines,
                               [part](const auto& line) { return line.find(part) != std::string::npos; });
  }

  std::vector<std::string> lines{};
};

}  // namespace systemcheck::test
