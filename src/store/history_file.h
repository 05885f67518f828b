#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "store/records.h"

namespace systemcheck {

struct FiledSituations {
  std::vector<SituationRow> rows{};  ///< the oldest first
  bool is_cut = false;               ///< there are older ones
};

/// More than this is not replayed at once: the newest are.
inline constexpr std::size_t filed_situations_max = 200'000;

/// The situations of a history that only is read: of a daemon that is writing it, or a copy.
Result<FiledSituations> read_situations(const std::string& path, std::size_t limit = filed_situations_max);

}  // namespace systemcheck
