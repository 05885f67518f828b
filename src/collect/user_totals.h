#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "collect/processes.h"

namespace systemcheck {

/// What the processes of one user come to.
struct UserTotals {
  std::string name{};
  std::uint64_t processes = 0;
  std::uint64_t resident_bytes = 0;  ///< shared pages once per process
};

/// By name, because several numbers may have the same one. Those with the most memory stay (user_series_max),
/// the rest is summed up last as "_other".
std::vector<UserTotals> totals_by_user(const Processes& table);

}  // namespace systemcheck
