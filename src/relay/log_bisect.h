#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

#include "base/result.h"
#include "os/log_files.h"
#include "relay/followed_file.h"

// Where to begin in a file that nobody has read before.

namespace systemcheck {

/// Whether a line is older than what matters. False for what has no time: then more is read, never less.
using IsOld = std::function<bool(std::string_view line)>;

/// The begin of a line before which all are old: by halves, because a log is in the order of time. A few old
/// ones may follow it.
Result<LinePlace> find_first_young(LogFile& file, std::uint64_t size, const IsOld& is_old);
/// Behind the last complete line.
Result<LinePlace> find_end(LogFile& file, std::uint64_t size);

}  // namespace systemcheck
