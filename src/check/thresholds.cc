#include "check/thresholds.h"

#include <algorithm>

namespace systemcheck {
namespace {

constexpr std::size_t named_items_max = 20;

bool is_above(const LoadRules& rules, const Load& load, const Cpu& cpu) {
  const double processors = std::max(1.0, static_cast<double>(cpu.online));
  return load.one_minute / processors > rules.warn_per_cpu;
}

}  // namespace

std::optional<Instant> check_high_load_since(const LoadRules& rules, const Result<Load>& load,
                                             const Result<Cpu>& cpu, std::optional<Instant> high_since,
                                             Instant now) {
  if (!load || !cpu) return high_since;
  if (!is_above(rules, *load, *cpu)) return std::nullopt;
  return high_since ? high_since : now;
}

CheckStatus check_load(const LoadRules& rules, const Result<Load>& load, std::optional<Instant> high_since,
                       Instant now) {
  if (!load) return CheckStatus::unknown;
  const bool is_high = high_since && now - *high_since >= rules.hold;
  return is_high ? CheckStatus::warning : CheckStatus::ok;
}

bool check_machine_busy(const LoadRules& rules, const Result<Load>& load, const Result<Cpu>& cpu,
                        const Result<Pressure>& pressure) {
  if (!load || !cpu || !pressure) return true;
  const auto stalled = std::max(pressure->memory.stalled_ratio, pressure->io.stalled_ratio);
  return is_above(rules, *load, *cpu) || stalled > stalled_ratio_max;
}

CheckStatus check_memory(const MemoryRules& rules, const Result<Memory>& memory) {
  if (!memory) return CheckStatus::unknown;
  const auto total = static_cast<double>(memory->total_bytes);
  const auto usable = static_cast<double>(memory->usable_bytes());
  if (usable < rules.below.bytes_of(total)) return CheckStatus::critical;
  return usable < rules.warn.bytes_of(total) ? CheckStatus::warning : CheckStatus::ok;
}

CheckStatus check_file_system(const DiskRules& rules, const FileSystem& file_system) {
  const auto& ignored = rules.ignore_types;
  if (std::find(ignored.begin(), ignored.end(), file_system.type) != ignored.end()) return CheckStatus::ok;
  if (!file_system.usage) return CheckStatus::unknown;
  const double used = std::max(file_system.used_ratio(), file_system.inodes_ratio());
  if (used >= rules.critical) return CheckStatus::critical;
  return used >= rules.warn ? CheckStatus::warning : CheckStatus::ok;
}

OverallStatus check_overall(const std::vector<CheckedItem>& items) {
  OverallStatus overall;
  for (const auto& item : items)
    overall.status = std::max(overall.status, item.status);

  std::size_t named = 0;
  for (const auto severity : {CheckStatus::critical, CheckStatus::warning}) {
    bool is_first = true;
    for (const auto& item : items) {
      if (item.status != severity || named == named_items_max) continue;
      if (is_first && !overall.text.empty()) overall.text += "; ";
      overall.text += is_first ? std::string(word(severity)) + ": " : ", ";
      overall.text += item.name;
      if (!item.reason.empty()) overall.text.append(" (").append(item.reason).append(")");
      is_first = false;
      ++named;
    }
  }
  return overall;
}

}  // namespace systemcheck
