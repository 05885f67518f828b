#pragma once

#include <sys/types.h>

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/units.h"
#include "ctl/answer.h"
#include "ctl/table.h"

// The daemon's picture of the process table (contrib/doc/control-protocol.md) for people. All pure.

namespace systemcheck {

/// Local time minus UTC then, and the name of a user that the daemon knows by number only; empty: none.
struct ProcessWords {
  std::function<Duration(WallTime)> utc_offset{};
  std::function<std::string(uid_t)> user_name{};
};

/// "picture of 12 s ago, %CPU over the last 60 s".
std::string picture_line(const Json& processes, WallTime now);
/// As `ps auxwww` shows them, below a line of titles, and to which service each belongs. Where `width` is not
/// 0 a longer command is cut there.
std::vector<std::string> ps_lines(const Json& processes, std::size_t width, WallTime now,
                                  const ProcessWords& words);
/// The question that asks for them, as the command line says it; an error where a word would break it.
struct ProcessWishes {
  std::string order = "pid";
  std::string user{};
  std::string service{};
  std::string filter{};
  std::size_t limit = 0;  ///< 0: all of them
};
Result<std::string> ps_question(const ProcessWishes& wishes);

}  // namespace systemcheck
