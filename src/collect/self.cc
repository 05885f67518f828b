#include "collect/self.h"

#include <limits>
#include <optional>

#include "base/metrics.h"
#include "base/text.h"
#include "collect/boot_clock.h"
#include "collect/facts.h"
#include "collect/processes.h"
#include "os/host.h"

namespace systemcheck {
namespace {

Result<ParsedStat> parse_own_stat(const std::string& text, std::uint64_t page_bytes) {
  auto parsed = parse_stat(text, page_bytes);
  if (!parsed) return std::move(parsed).error().within("/proc/self/stat");
  return parsed;
}

}  // namespace

std::optional<std::uint64_t> parse_descriptor_limit(std::string_view limits) {
  constexpr std::string_view key = "Max open files";
  while (!limits.empty()) {
    auto line = take_line(limits);
    if (!line.starts_with(key)) continue;
    line.remove_prefix(key.size());
    return parse_number<std::uint64_t>(take_word(line));
  }
  return std::nullopt;
}

Result<Self> Self::collect(Look& look) {
  const auto text = look.host.read_file("/proc/self/stat", pseudo_file_limit_bytes);
  if (!text) return text.error();
  const auto constants = look.host.constants();
  const auto stat = parse_own_stat(*text, constants.page_bytes);
  if (!stat) return stat.error();
  const auto clock = read_boot_clock(look.host);
  if (!clock) return clock.error();
  const auto descriptors = look.host.list_numbers("/proc/self/fd");
  if (!descriptors) return descriptors.error();
  const auto limits = look.host.read_file("/proc/self/limits", pseudo_file_limit_bytes);
  if (!limits) return limits.error();
  const auto seconds = [&constants](std::uint64_t ticks) {
    return static_cast<double>(ticks) / static_cast<double>(constants.ticks_per_second);
  };
  const auto& own = stat->process;
  return Self{
      .cpu_seconds = seconds(own.user_ticks + own.system_ticks),
      .resident_bytes = own.resident_bytes,
      .virtual_bytes = own.virtual_bytes,
      .open_descriptors = descriptors->size(),
      .max_descriptors = parse_descriptor_limit(*limits).value_or(0),
      .start_time_seconds = static_cast<double>(clock->boot_time_seconds) + seconds(own.identity.start_ticks),
  };
}

void Self::describe(Metrics& metrics) const {
  metrics.counter("process_cpu_seconds_total", "Total user and system CPU time spent in seconds.",
                  cpu_seconds);
  metrics.gauge("process_resident_memory_bytes", "Resident memory size in bytes.",
                static_cast<double>(resident_bytes));
  metrics.gauge("process_virtual_memory_bytes", "Virtual memory size in bytes.",
                static_cast<double>(virtual_bytes));
  metrics.gauge("process_open_fds", "Number of open file descriptors.",
                static_cast<double>(open_descriptors));
  metrics.gauge("process_max_fds", "Maximum number of open file descriptors.",
                static_cast<double>(max_descriptors));
  metrics.gauge("process_start_time_seconds", "Start time of the process since unix epoch in seconds.",
                start_time_seconds);
}

}  // namespace systemcheck
