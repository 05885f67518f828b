#pragma once

#include <memory>

#include "base/result.h"
#include "os/log_files.h"

namespace systemcheck {

/// The kernel's own, inotify(7).
Result<std::unique_ptr<LogWatch>> make_inotify();

}  // namespace systemcheck
