#pragma once

#include <string>
#include <vector>

#include "base/units.h"
#include "relay/log_time.h"

namespace systemcheck {

/// What can be asked of logs and patterns without a daemon.
struct RelayArguments {
  std::vector<std::string> logs{};
  std::string line{};                  ///< "-": each line of standard input
  std::string patterns{};              ///< a file of them, beside those that are built in
  std::vector<std::string> senders{};  ///< as whom mail servers log; empty: the default
  std::vector<std::string> never{};    ///< networks; "none" for none of them
  bool smtp_auth = false;
  bool believes_unknown_writers = false;
  bool is_annotated = false;
};

/// The clocks of this machine.
struct LocalClock {
  WallTime now{};
  UtcOffset offset_at{};
};

/// What these logs would have authorised. All of these write to standard output and error, and return what
/// the program is to exit with.
int scan_logs(const RelayArguments& arguments, const LocalClock& clock);
/// Which pattern a line fits, or why none.
int explain_lines(const RelayArguments& arguments, const LocalClock& clock);
/// Whether the patterns of a file are sound, and what they find in these logs.
int test_patterns(const RelayArguments& arguments, const LocalClock& clock);

}  // namespace systemcheck
