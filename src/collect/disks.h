#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "os/host.h"

namespace systemcheck {

class Metrics;
struct Look;

struct FileSystem {
  std::string device{};
  std::string mount_point{};
  std::string type{};
  bool is_read_only = false;
  /// An error when statvfs(3) failed or did not answer in time; the rest above stands.
  Result<FileSystemUsage> usage = Error{Error::Kind::failed, "not read"};

  /// As df(1): used / (used + available), 0 to 1.
  [[nodiscard]] double used_ratio() const;
  /// Used share of its inodes, 0 to 1; 0 where they are made when needed.
  [[nodiscard]] double inodes_ratio() const;
};

struct BlockDevice {
  std::string name{};
  std::uint64_t reads = 0;
  std::uint64_t read_bytes = 0;
  std::uint64_t writes = 0;
  std::uint64_t written_bytes = 0;
  double io_seconds = 0;
};

inline constexpr std::size_t file_systems_max = 256;
inline constexpr std::size_t block_devices_max = 256;

/// Mounted file systems (/proc/self/mountinfo, proc(5)) and block devices (/proc/diskstats).
/// A device mounted in several places is reported once, at its first one.
struct Disks {
  static constexpr std::string_view name = "disks";

  std::vector<FileSystem> file_systems{};
  std::vector<BlockDevice> devices{};
  std::size_t file_systems_dropped = 0;  ///< beyond file_systems_max
  std::size_t devices_dropped = 0;       ///< beyond block_devices_max

  static Result<Disks> collect(Look& look);
  void describe(Metrics& metrics) const;
};

/// Octal escapes (\040) are undone. Kernel-internal types (proc, sysfs, cgroup2 …) are left out, and
/// what is hidden below a later mount at the same place.
std::vector<FileSystem> parse_mounts(std::string_view mountinfo);
/// Whole disks: partitions, loop devices and memory disks are left out.
std::vector<BlockDevice> parse_diskstats(std::string_view text);

}  // namespace systemcheck
