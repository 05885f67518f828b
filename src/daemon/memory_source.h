#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/result.h"
#include "base/units.h"
#include "config/memory_rules.h"
#include "decide/shed_facts.h"

namespace systemcheck {

/// Where it is read how much memory there is. Read many times a second when memory is short: it allocates
/// nothing then, and opens nothing.
class MemorySource {
 public:
  virtual ~MemorySource() = default;
  /// An error where it cannot be read, or cannot be true.
  virtual Result<MemorySight> read(Instant now) = 0;
  /// How many bytes are usable, for much less work: by the one file that changes, the others as they were at
  /// the last read(). Without a value: there was none, or reading all is as little work.
  virtual std::optional<double> glance() { return std::nullopt; }
  /// The file by which the kernel tells of pressure on this memory, psi.rst.
  [[nodiscard]] virtual std::string pressure_file() const = 0;
};

/// All memory of the machine: meminfo, vmstat and zoneinfo of proc(5), its pressure, and the cache of ZFS.
std::unique_ptr<MemorySource> machine_memory(std::uint64_t page_bytes);

/// What a control group may use, and what of it is usable: its limit less its usage, and what is cached of
/// files and was not used lately. Of both versions, cgroup-v2.rst and cgroup-v1/memory.rst. An error where
/// there is no such group, or no limit.
Result<std::unique_ptr<MemorySource>> control_group_memory(const std::string& directory);

/// As configured.
Result<std::unique_ptr<MemorySource>> memory_source_for(const MemoryRules& rules, std::uint64_t page_bytes);

}  // namespace systemcheck
