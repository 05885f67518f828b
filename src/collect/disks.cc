#include "collect/disks.h"

#include <algorithm>
#include <limits>

#include "base/metrics.h"
#include "base/text.h"
#include "collect/facts.h"

namespace systemcheck {
namespace {

/// Longer than any path can be when escaped: two mounts never get the same label by being cut.
constexpr std::size_t label_limit = 16384;

Labels labels_of(const FileSystem& file_system) {
  return {{"device", printable(file_system.device, label_limit)},
          {"mountpoint", printable(file_system.mount_point, label_limit)},
          {"fstype", printable(file_system.type, label_limit)}};
}

void describe_usage(Metrics& metrics, const FileSystemUsage& usage, const Labels& labels) {
  const auto gauge = [&](std::string_view name, std::string_view help, std::uint64_t value) {
    metrics.gauge(name, help, static_cast<double>(value), labels);
  };
  gauge("systemcheck_filesystem_size_bytes", "Size of the file system.", usage.size_bytes);
  gauge("systemcheck_filesystem_free_bytes", "Free space, with what is reserved for root.", usage.free_bytes);
  gauge("systemcheck_filesystem_avail_bytes", "Space available to unprivileged users.",
        usage.available_bytes);
  gauge("systemcheck_filesystem_files", "Inodes; 0 where they are made when needed.", usage.files);
  gauge("systemcheck_filesystem_files_free", "Free inodes.", usage.files_free);
}

void describe_file_system(Metrics& metrics, const FileSystem& file_system) {
  const auto labels = labels_of(file_system);
  metrics.gauge("systemcheck_filesystem_device_error",
                "Whether the file system failed to say how full it is, or did not answer in time "
                "(1 = yes); its sizes are absent then.",
                file_system.usage ? 0 : 1, labels);
  metrics.gauge("systemcheck_filesystem_readonly", "Whether it is mounted read-only (1 = yes).",
                file_system.is_read_only ? 1 : 0, labels);
  if (file_system.usage) describe_usage(metrics, *file_system.usage, labels);
}

void describe_device(Metrics& metrics, const BlockDevice& device) {
  const Labels labels{{"device", printable(device.name, label_limit)}};
  const auto counter = [&](std::string_view name, std::string_view help, double value) {
    metrics.counter(name, help, value, labels);
  };
  counter("systemcheck_disk_read_bytes_total", "Bytes read.", static_cast<double>(device.read_bytes));
  counter("systemcheck_disk_written_bytes_total", "Bytes written.",
          static_cast<double>(device.written_bytes));
  counter("systemcheck_disk_reads_completed_total", "Reads completed.", static_cast<double>(device.reads));
  counter("systemcheck_disk_writes_completed_total", "Writes completed.", static_cast<double>(device.writes));
  counter("systemcheck_disk_io_time_seconds_total", "Time in which the disk had something to do.",
          device.io_seconds);
}

/// Cuts a list to its limit and says how much that left out.
template <typename T>
std::size_t cut(std::vector<T>& items, std::size_t limit) {
  const auto dropped = items.size() - std::min(items.size(), limit);
  items.erase(items.end() - static_cast<std::ptrdiff_t>(dropped), items.end());
  return dropped;
}

bool is_ignored(const DiskRules& rules, const FileSystem& file_system) {
  return std::ranges::find(rules.ignore_types, file_system.type) != rules.ignore_types.end();
}

}  // namespace

double FileSystem::used_ratio() const {
  if (!usage) return 0;
  const auto used = usage->size_bytes - std::min(usage->free_bytes, usage->size_bytes);
  const auto whole = used + usage->available_bytes;
  return whole == 0 ? 0 : static_cast<double>(used) / static_cast<double>(whole);
}

double FileSystem::inodes_ratio() const {
  if (!usage || usage->files == 0) return 0;
  const auto used = usage->files - std::min(usage->files_free, usage->files);
  return static_cast<double>(used) / static_cast<double>(usage->files);
}

Result<Disks> Disks::collect(Look& look) {
  const auto mountinfo = look.host.read_file("/proc/self/mountinfo", pseudo_file_limit_bytes);
  if (!mountinfo) return mountinfo.error();
  const auto diskstats = look.host.read_file("/proc/diskstats", pseudo_file_limit_bytes);
  if (!diskstats) return diskstats.error();
  Disks disks{.file_systems = parse_mounts(*mountinfo), .devices = parse_diskstats(*diskstats)};
  std::erase_if(disks.file_systems,
                [&](const FileSystem& one) { return is_ignored(look.config.disks, one); });
  disks.file_systems_dropped = cut(disks.file_systems, file_systems_max);
  disks.devices_dropped = cut(disks.devices, block_devices_max);
  for (auto& file_system : disks.file_systems)
    file_system.usage = look.host.file_system_usage(file_system.mount_point);
  return disks;
}

void Disks::describe(Metrics& metrics) const {
  for (const auto& file_system : file_systems)
    describe_file_system(metrics, file_system);
  for (const auto& device : devices)
    describe_device(metrics, device);
  const auto dropped = [&metrics](const char* metric, std::size_t count) {
    metrics.gauge("systemcheck_series_dropped",
                  "Series left out in the last cycle, by the limit of a metric.", static_cast<double>(count),
                  {{"metric", metric}});
  };
  dropped("systemcheck_filesystem_size_bytes", file_systems_dropped);
  dropped("systemcheck_disk_read_bytes_total", devices_dropped);
}

}  // namespace systemcheck
