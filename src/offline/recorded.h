#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "decide/past.h"
#include "store/history_file.h"

namespace systemcheck {

/// One moment of the history, understood.
struct Recorded {
  std::int64_t run = 0;  ///< of the daemon; counted in the order of the history
  std::string boot_id{};
  WallTime at{};
  Instant instant{};
  std::uint64_t round = 0;
  std::string service{};
  PastMoment moment{};

  /// Null where it is something else.
  [[nodiscard]] const PastSituation* situation() const { return std::get_if<PastSituation>(&moment); }
  [[nodiscard]] const PastOutcome* outcome() const { return std::get_if<PastOutcome>(&moment); }
  [[nodiscard]] const PastDemand* demand() const { return std::get_if<PastDemand>(&moment); }
  [[nodiscard]] const PastTurn* turn() const { return std::get_if<PastTurn>(&moment); }
};

/// It was up then, and of use.
bool is_good(const PastSituation& situation);

struct RecordedHistory {
  std::vector<Recorded> moments{};        ///< the oldest first
  std::vector<std::string> complaints{};  ///< of rows that cannot be understood: the first few of them
  std::size_t damaged = 0;                ///< all of them
  bool is_cut = false;
};

inline constexpr std::size_t complaints_max = 5;

/// Pure. What cannot be understood is left out, counted and told of. So is what is older than the row before
/// it in the same run: there time has not gone back.
RecordedHistory understand(const FiledSituations& filed);

}  // namespace systemcheck
