#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/units.h"
#include "collect/roster.h"
#include "collect/services.h"

namespace systemcheck {

/// All that was learnt in one cycle. Written once, then only read, by any thread.
struct Snapshot {
  std::uint64_t cycle = 0;  ///< counts from 1; 0: nothing collected yet
  WallTime taken_at{};
  Instant taken{};  ///< when it began
  Duration took{};
  Roster facts{};
  std::vector<ServiceProcesses> services{};  ///< in the order of Config::services
};

/// A look at the processes alone, between two snapshots: the services' own and what came since the last one.
struct ServiceLook {
  Instant taken{};  ///< when it began: what happens later is not in it
  std::vector<ServiceProcesses> services{};
  Result<PackageTransaction> packages = PackageTransaction{};
  Result<KillSwitch> kill_switch = KillSwitch{};
  Result<HoldFiles> hold_files = HoldFiles{};
};

/// Takes one snapshot after another. Made anew for a new configuration; belongs to the collector's
/// thread. `host` outlives it.
class Collection {
 public:
  Collection(Host& host, std::shared_ptr<const Config> config);
  Collection(const Collection&) = delete;
  Collection& operator=(const Collection&) = delete;
  ~Collection();

  /// `crashes` that none of these was told of before, and `ports` as ServiceMatcher::match() has it.
  Snapshot take(std::uint64_t cycle, std::span<const MainCrash> crashes = {},
                std::span<const PortQuestion> ports = {});
  ServiceLook look(std::span<const MainCrash> crashes = {}, std::span<const PortQuestion> ports = {});

 private:
  /// `concerned` outlives it.
  [[nodiscard]] Look look_with(std::span<const pid_t> concerned);

  Host& host_;
  std::shared_ptr<const Config> config_;
  std::unique_ptr<ProcessCache> process_cache_;
  std::unique_ptr<CpuFloor> cpu_floor_;
  ServiceMatcher matcher_;
};

/// The facts of the roster as metrics, with duration and success of each collector.
void describe(const Snapshot& snapshot, Metrics& metrics);

}  // namespace systemcheck
