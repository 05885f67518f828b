#pragma once

#include <cstdint>
#include <string>

namespace systemcheck {

/// How the history that is kept on disk stands; counters start at zero with the daemon.
struct HistoryStatus {
  bool is_ok = false;
  std::string problem{};  ///< of the last attempt to write, when it is not ok
  std::uint64_t actions_total = 0;
  std::uint64_t outcomes_total = 0;
  std::uint64_t events_total = 0;
  std::uint64_t memos_total = 0;
  std::uint64_t situations_total = 0;
  std::uint64_t write_errors_total = 0;
  std::uint64_t dropped_total = 0;
  std::uint64_t size_bytes = 0;
};

}  // namespace systemcheck
