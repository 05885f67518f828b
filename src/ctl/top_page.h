#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "base/units.h"
#include "ctl/answer.h"
#include "ctl/process_text.h"
#include "ctl/table.h"

namespace systemcheck {

/// What is on the screen of `top`. The documents stay when the daemon has gone.
struct TopSight {
  Json status = Json::object();
  Json processes = Json::object();
  std::string problem{};  ///< why there is nothing newer
  std::string note{};     ///< what came of the last key
};

struct TopView {
  std::size_t rows = 24;  ///< 0: as many as there are
  std::size_t columns = 80;
  bool is_coloured = false;
  std::string order = "cpu";
  std::size_t first = 0;  ///< process at the top
};

/// Lines that fit: the machine, its services, then as many processes as there is room for. Pure.
std::vector<std::string> top_page(const TopSight& sight, const TopView& view, WallTime now,
                                  const ProcessWords& words);

}  // namespace systemcheck
