#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "base/result.h"

namespace systemcheck {

class Metrics;
struct Look;

/// What the processors did since boot (/proc/stat, proc(5)).
struct Cpu {
  static constexpr std::string_view name = "cpu";
  /// The order of the columns in /proc/stat. guest and guest_nice are in user and nice already.
  static constexpr std::array<std::string_view, 8> modes{"user",   "nice", "system",  "idle",
                                                         "iowait", "irq",  "softirq", "steal"};

  std::array<double, 8> seconds{};  ///< by mode, all processors together
  std::uint32_t online = 0;
  std::uint64_t forks = 0;
  std::uint64_t context_switches = 0;
  std::uint64_t boot_time_seconds = 0;  ///< since the epoch
  std::uint32_t running = 0;
  std::uint32_t blocked = 0;

  static Result<Cpu> collect(Look& look);
  void describe(Metrics& metrics) const;
};

/// What was reported so far. The kernel's idle and iowait sometimes step back a little (proc(5)), which
/// Prometheus would take for a reboot and count the whole uptime once more.
class CpuFloor {
 public:
  /// Lifts what fell a little below the floor; then what is reported now is the floor.
  void raise(Cpu& cpu);

 private:
  std::array<double, 8> seconds_{};
};

Result<Cpu> parse_cpu(std::string_view proc_stat, std::uint64_t ticks_per_second);

}  // namespace systemcheck
