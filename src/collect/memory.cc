#include "collect/memory.h"

#include "base/metrics.h"
#include "collect/facts.h"
#include "collect/key_values.h"
#include "collect/usable_memory.h"
#include "os/host.h"

namespace systemcheck {
namespace {

constexpr std::uint64_t kibibyte = 1024;
/// A machine of eight nodes with 256 processors each writes 1.5 MB.
constexpr std::size_t zone_file_limit_bytes = std::size_t{8} << 20;

std::optional<std::uint64_t> bytes_behind(std::string_view key, std::string_view meminfo) {
  const auto number = number_behind(key, meminfo);
  if (!number) return std::nullopt;
  return *number * kibibyte;
}

std::uint64_t bytes_or_none(std::string_view key, std::string_view meminfo) {
  return bytes_behind(key, meminfo).value_or(0);
}

/// 0 where the kernel has no such file, keeps it to itself, or writes what nobody knows: less is believed to
/// be usable then.
std::uint64_t read_extra(Host& host, std::string_view path,
                         Result<std::uint64_t> (*parse)(std::string_view)) {
  const auto text = host.read_file(path, zone_file_limit_bytes);
  if (!text) return 0;
  const auto value = parse(*text);
  return value ? *value : 0;
}

}  // namespace

Result<Memory> Memory::collect(Look& look) {
  const auto meminfo = look.host.read_file("/proc/meminfo", pseudo_file_limit_bytes);
  if (!meminfo) return meminfo.error();
  const auto vmstat = look.host.read_file("/proc/vmstat", pseudo_file_limit_bytes);
  if (!vmstat) return vmstat.error();
  const auto page_bytes = look.host.constants().page_bytes;
  auto memory = parse_memory(*meminfo, *vmstat, page_bytes);
  if (!memory) return memory;
  memory->listed_bytes = read_extra(look.host, "/proc/zoneinfo", parse_listed_pages) * page_bytes;
  memory->arc_bytes = read_extra(look.host, "/proc/spl/kstat/zfs/arcstats", parse_reclaimable_arc);
  return memory;
}

std::optional<std::uint64_t> available_bytes(std::string_view meminfo) {
  return bytes_behind("MemAvailable:", meminfo);
}

Result<Memory> parse_memory(std::string_view meminfo, std::string_view vmstat, std::uint64_t page_bytes) {
  const auto total = bytes_behind("MemTotal:", meminfo);
  if (!total || *total == 0) return Error{Error::Kind::malformed, "no MemTotal line"};
  const auto available = available_bytes(meminfo);
  if (!available) return Error{Error::Kind::malformed, "no MemAvailable line"};
  if (*available > *total) return Error{Error::Kind::malformed, "more available than there is"};
  return Memory{
      .total_bytes = *total,
      .available_bytes = *available,
      .free_bytes = bytes_or_none("MemFree:", meminfo),
      .buffers_bytes = bytes_or_none("Buffers:", meminfo),
      .cached_bytes = bytes_or_none("Cached:", meminfo) + bytes_or_none("SReclaimable:", meminfo),
      .anonymous_bytes = bytes_or_none("AnonPages:", meminfo),
      .swap_total_bytes = bytes_or_none("SwapTotal:", meminfo),
      .swap_free_bytes = bytes_or_none("SwapFree:", meminfo),
      .swapped_in_bytes = number_behind("pswpin", vmstat).value_or(0) * page_bytes,
      .swapped_out_bytes = number_behind("pswpout", vmstat).value_or(0) * page_bytes,
      .oom_kills = number_behind("oom_kill", vmstat).value_or(0),
  };
}

Result<std::uint64_t> read_oom_kills(Host& host) {
  const auto vmstat = host.read_file("/proc/vmstat", pseudo_file_limit_bytes);
  if (!vmstat) return vmstat.error();
  const auto kills = number_behind("oom_kill", *vmstat);  // Since Linux 4.13.
  if (!kills) return Error{Error::Kind::not_found, "/proc/vmstat: no oom_kill line"};
  return *kills;
}

void Memory::describe(Metrics& metrics) const {
  const auto gauge = [&metrics](std::string_view family, std::string_view help, std::uint64_t bytes) {
    metrics.gauge(family, help, static_cast<double>(bytes));
  };
  const auto counter = [&metrics](std::string_view family, std::string_view help, std::uint64_t value) {
    metrics.counter(family, help, static_cast<double>(value));
  };
  gauge("systemcheck_memory_total_bytes", "Memory the kernel manages (MemTotal).", total_bytes);
  gauge("systemcheck_memory_available_bytes", "Memory to be had without swapping (MemAvailable).",
        available_bytes);
  gauge("systemcheck_memory_free_bytes", "Memory that holds nothing at all (MemFree).", free_bytes);
  gauge("systemcheck_memory_buffers_bytes", "Buffers of block devices.", buffers_bytes);
  gauge("systemcheck_memory_cached_bytes", "Page cache with reclaimable slab, as free(1) counts.",
        cached_bytes);
  gauge("systemcheck_memory_usable_bytes",
        "What the thresholds regard as usable: available, free on the lists of processors, ZFS cache.",
        usable_bytes());
  metrics.gauge("systemcheck_memory_usable_ratio",
                "Usable memory divided by all memory: what the thresholds are compared with.",
                usable_ratio());
  gauge("systemcheck_swap_total_bytes", "Swap space.", swap_total_bytes);
  gauge("systemcheck_swap_free_bytes", "Unused swap space.", swap_free_bytes);
  counter("systemcheck_swap_in_bytes_total", "Bytes swapped in since boot.", swapped_in_bytes);
  counter("systemcheck_swap_out_bytes_total", "Bytes swapped out since boot.", swapped_out_bytes);
  counter("systemcheck_oom_kills_total", "Processes the kernel killed for want of memory since boot.",
          oom_kills);
}

}  // namespace systemcheck
