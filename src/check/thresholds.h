#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/units.h"
#include "base/vocabulary.h"
#include "collect/cpu.h"
#include "collect/disks.h"
#include "collect/load.h"
#include "collect/memory.h"
#include "collect/pressure.h"
#include "config/config.h"

namespace systemcheck {

// Facts against the thresholds of the configuration. All pure; a failed reading is `unknown`.

/// Since when the load per processor is above the threshold, if it is. A failed reading leaves it.
std::optional<Instant> check_high_load_since(const LoadRules& rules, const Result<Load>& load,
                                             const Result<Cpu>& cpu, std::optional<Instant> high_since,
                                             Instant now);
/// warning once the load has been high for as long as the rule says.
CheckStatus check_load(const LoadRules& rules, const Result<Load>& load, std::optional<Instant> high_since,
                       Instant now);

/// Everything stood still for want of memory or of the disk, for this share of the last minute (psi.rst,
/// "full"): the load may be low then.
inline constexpr double stalled_ratio_max = 0.4;

/// Whether there is more to do now than the machine can: then an answer that comes too late proves nothing.
/// Nor does it where load or pressure cannot be read; a kernel that has no pressure tells of none.
bool check_machine_busy(const LoadRules& rules, const Result<Load>& load, const Result<Cpu>& cpu,
                        const Result<Pressure>& pressure);

/// warning below `warn`, critical below `below`: the share at which shedding would begin.
CheckStatus check_memory(const MemoryRules& rules, const Result<Memory>& memory);

/// The fuller of space and inodes counts. A file system of an ignored type is `ok`.
CheckStatus check_file_system(const DiskRules& rules, const FileSystem& file_system);

/// A checked item and what is wrong with it.
struct CheckedItem {
  CheckStatus status = CheckStatus::unknown;
  std::string_view name{};
  std::string_view reason{};
};

struct OverallStatus {
  CheckStatus status = CheckStatus::unknown;
  std::string text{};  ///< "critical: sendmail (no process of it is running); warning: load"
};

/// The worst of all, and which items make it so, worst first; at most 20 are named.
OverallStatus check_overall(const std::vector<CheckedItem>& items);

}  // namespace systemcheck
