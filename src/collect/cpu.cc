#include "collect/cpu.h"

#include <algorithm>
#include <optional>
#include <string>

#include "base/metrics.h"
#include "base/text.h"
#include "collect/facts.h"
#include "collect/key_values.h"
#include "os/host.h"

namespace systemcheck {
namespace {

/// "cpu0", but neither "cpu" (the sum of all) nor another word.
bool is_one_processor(std::string_view word) {
  return word.size() > 3 && word.starts_with("cpu") && word[3] >= '0' && word[3] <= '9';
}

/// Kernels before 2.6.11 write fewer columns: what they do not count is 0.
Result<std::array<double, 8>> parse_modes(std::string_view columns, std::uint64_t ticks_per_second) {
  std::array<double, 8> seconds{};
  for (auto& mode : seconds) {
    const auto word = take_word(columns);
    if (word.empty()) break;
    const auto ticks = parse_number<std::uint64_t>(word);
    if (!ticks) return Error{Error::Kind::malformed, "'" + printable(word, 32) + "' is no number of ticks"};
    mode = static_cast<double>(*ticks) / static_cast<double>(ticks_per_second);
  }
  return seconds;
}

struct Processors {
  std::optional<std::string_view> columns_of_all{};
  std::uint32_t online = 0;
};

Processors find_processors(std::string_view proc_stat) {
  Processors found;
  while (!proc_stat.empty()) {
    auto line = take_line(proc_stat);
    const auto word = take_word(line);
    if (word == "cpu") found.columns_of_all = line;
    if (is_one_processor(word)) ++found.online;
  }
  return found;
}

}  // namespace

Result<Cpu> Cpu::collect(Look& look) {
  const auto text = look.host.read_file("/proc/stat", pseudo_file_limit_bytes);
  if (!text) return text.error();
  auto cpu = parse_cpu(*text, look.host.constants().ticks_per_second);
  if (cpu) look.cpu_floor.raise(*cpu);
  return cpu;
}

Result<Cpu> parse_cpu(std::string_view proc_stat, std::uint64_t ticks_per_second) {
  const auto processors = find_processors(proc_stat);
  if (!processors.columns_of_all) return Error{Error::Kind::malformed, "no cpu line"};
  const auto boot_time = number_behind("btime", proc_stat);
  if (!boot_time) return Error{Error::Kind::malformed, "no btime line"};
  const auto modes = parse_modes(*processors.columns_of_all, ticks_per_second);
  if (!modes) return modes.error();
  const auto running = number_behind("procs_running", proc_stat).value_or(0);
  const auto blocked = number_behind("procs_blocked", proc_stat).value_or(0);
  return Cpu{
      .seconds = *modes,
      .online = std::max(processors.online, 1U),
      .forks = number_behind("processes", proc_stat).value_or(0),
      .context_switches = number_behind("ctxt", proc_stat).value_or(0),
      .boot_time_seconds = *boot_time,
      .running = static_cast<std::uint32_t>(running),
      .blocked = static_cast<std::uint32_t>(blocked),
  };
}

void CpuFloor::raise(Cpu& cpu) {
  constexpr double step_back_max = 3;  // more is no rounding: the counter did start again
  for (std::size_t mode = 0; mode < seconds_.size(); ++mode) {
    auto& reported = cpu.seconds.at(mode);
    if (seconds_.at(mode) - reported <= step_back_max) reported = std::max(reported, seconds_.at(mode));
    seconds_.at(mode) = reported;
  }
}

void Cpu::describe(Metrics& metrics) const {
  metrics.gauge("systemcheck_cpus_online", "Processors online, to relate the load to.", online);
  for (std::size_t mode = 0; mode < modes.size(); ++mode) {
    metrics.counter("systemcheck_cpu_seconds_total", "Time all processors together spent in each mode.",
                    seconds.at(mode), {{"mode", std::string(modes.at(mode))}});
  }
  metrics.gauge("systemcheck_procs_running", "Tasks that run or could run now.", running);
  metrics.gauge("systemcheck_procs_blocked", "Tasks that wait for a disk now.", blocked);
  metrics.counter("systemcheck_forks_total", "Processes and threads created since boot.",
                  static_cast<double>(forks));
  metrics.counter("systemcheck_context_switches_total", "Switches between tasks since boot.",
                  static_cast<double>(context_switches));
  metrics.gauge("systemcheck_boot_time_seconds", "When the machine was booted, since the epoch.",
                static_cast<double>(boot_time_seconds));
}

}  // namespace systemcheck
