#pragma once

#include <cstdint>
#include <string_view>

#include "base/result.h"

namespace systemcheck {

// What the kernel's MemAvailable leaves out although it can be had. All pure.

/// Pages on the free lists of each processor, by /proc/zoneinfo.
///
/// Since Linux 6.7 these lists grow by themselves, to an eighth of a zone, and are not drained when a process
/// ends: of 1 GiB that one has freed, 400 MiB were not in MemAvailable for seconds. Those kernels say
/// "high_min" of each list. Older ones keep a handful of pages there, which are not counted.
Result<std::uint64_t> parse_listed_pages(std::string_view zoneinfo);

/// What the cache of ZFS gives back when memory is wanted, by /proc/spl/kstat/zfs/arcstats: its size less the
/// least that it keeps. It is no page cache, so that MemAvailable knows nothing of it.
Result<std::uint64_t> parse_reclaimable_arc(std::string_view arcstats);

}  // namespace systemcheck
