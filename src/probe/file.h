#pragma once

#include <string>

#include "base/result.h"
#include "config/probe.h"
#include "os/file_look.h"
#include "probe/verdict.h"

namespace systemcheck {

/// Whether a file is as it should be; the checksum only matters where one is configured. Pure.
Verdict judge_file(const Probe& probe, const Result<FileFacts>& facts, const Result<std::string>& checksum,
                   WallTime wall_now);

}  // namespace systemcheck
