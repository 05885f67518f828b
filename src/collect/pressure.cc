#include "collect/pressure.h"

#include <cstdint>
#include <optional>
#include <string>

#include "base/metrics.h"
#include "base/text.h"
#include "collect/facts.h"
#include "os/host.h"

namespace systemcheck {
namespace {

/// "some avg10=0.00 avg60=0.00 avg300=0.00 total=12345": microseconds since boot.
std::optional<double> total_seconds(std::string_view line) {
  constexpr std::string_view key = "total=";
  while (!line.empty()) {
    const auto word = take_word(line);
    if (!word.starts_with(key)) continue;
    const auto microseconds = parse_number<std::uint64_t>(word.substr(key.size()));
    if (!microseconds) return std::nullopt;
    return static_cast<double>(*microseconds) / 1e6;
  }
  return std::nullopt;
}

/// avg60 is a percentage.
double last_minute(std::string_view line) {
  constexpr std::string_view key = "avg60=";
  while (!line.empty()) {
    const auto word = take_word(line);
    if (word.starts_with(key)) return parse_number<double>(word.substr(key.size())).value_or(0) / 100;
  }
  return 0;
}

Result<PressureTotals> read_totals(Host& host, const std::string& path) {
  const auto text = host.read_file(path, pseudo_file_limit_bytes);
  if (!text) return text.error();
  auto totals = parse_pressure(*text);
  if (!totals) return std::move(totals).error().within(path);
  return totals;
}

}  // namespace

Result<Pressure> Pressure::collect(Look& look) {
  const auto cpu = read_totals(look.host, "/proc/pressure/cpu");
  if (!cpu && cpu.error().kind == Error::Kind::not_found) return Pressure{};
  if (!cpu) return cpu.error();
  const auto memory = read_totals(look.host, "/proc/pressure/memory");
  if (!memory) return memory.error();
  const auto io = read_totals(look.host, "/proc/pressure/io");
  if (!io) return io.error();
  return Pressure{.is_available = true, .cpu = *cpu, .memory = *memory, .io = *io};
}

Result<PressureTotals> parse_pressure(std::string_view text) {
  std::optional<double> waiting;
  std::optional<double> stalled;
  PressureTotals totals;
  while (!text.empty()) {
    auto line = take_line(text);
    const auto kind = take_word(line);
    if (kind == "some") {
      waiting = total_seconds(line);
      totals.waiting_ratio = last_minute(line);
    }
    if (kind == "full") {
      stalled = total_seconds(line);
      totals.stalled_ratio = last_minute(line);
    }
  }
  if (!waiting) return Error{Error::Kind::malformed, "no total of \"some\""};
  totals.waiting_seconds = *waiting;
  totals.stalled_seconds = stalled.value_or(0);  // Before Linux 5.13 cpu has no such line.
  return totals;
}

void Pressure::describe(Metrics& metrics) const {
  if (!is_available) return;
  const auto waiting = [&metrics](const char* resource, const PressureTotals& totals) {
    metrics.counter("systemcheck_pressure_waiting_seconds_total",
                    "Time in which at least one task waited for the resource.", totals.waiting_seconds,
                    {{"resource", resource}});
  };
  const auto stalled = [&metrics](const char* resource, const PressureTotals& totals) {
    metrics.counter("systemcheck_pressure_stalled_seconds_total",
                    "Time in which all tasks that had something to do waited for the resource.",
                    totals.stalled_seconds, {{"resource", resource}});
  };
  waiting("cpu", cpu);
  waiting("memory", memory);
  waiting("io", io);
  stalled("memory", memory);  // That all tasks wait for a processor has no meaning for a whole machine.
  stalled("io", io);
}

}  // namespace systemcheck
