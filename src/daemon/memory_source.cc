#include "daemon/memory_source.h"

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "collect/key_values.h"
#include "collect/memory.h"
#include "collect/pressure.h"
#include "collect/usable_memory.h"
#include "os/kept_file.h"

namespace systemcheck {
namespace {

constexpr std::size_t small_bytes = 4096;
constexpr std::size_t table_bytes = std::size_t{32} << 10;
/// That of a machine with very many processors is cut: less is believed to be usable then.
constexpr std::size_t zones_bytes = std::size_t{512} << 10;
constexpr const char* machine_pressure = "/proc/pressure/memory";

std::optional<double> waiting_seconds(KeptFile& pressure) {
  const auto text = pressure.read();
  const auto totals = text ? parse_pressure(*text) : Result<PressureTotals>(text.error());
  return totals ? std::optional(totals->waiting_seconds) : std::nullopt;
}

class MachineMemory final : public MemorySource {
 public:
  explicit MachineMemory(std::uint64_t page_bytes) : page_bytes_(page_bytes) {}

  Result<MemorySight> read(Instant now) override {
    const auto meminfo = meminfo_.read();
    if (!meminfo) return meminfo.error();
    const auto vmstat = vmstat_.read();
    if (!vmstat) return vmstat.error();
    const auto parsed = parse_memory(*meminfo, *vmstat, page_bytes_);
    if (!parsed) return Error(parsed.error()).within("/proc/meminfo");
    auto memory = *parsed;
    memory.listed_bytes = extra(zones_, parse_listed_pages) * page_bytes_;
    memory.arc_bytes = extra(arc_, parse_reclaimable_arc);
    last_ = memory;
    return MemorySight{.taken = now,
                       .total_bytes = static_cast<double>(memory.total_bytes),
                       .usable_bytes = static_cast<double>(memory.usable_bytes()),
                       .anonymous_bytes = static_cast<double>(memory.anonymous_bytes),
                       .swap_total_bytes = static_cast<double>(memory.swap_total_bytes),
                       .swap_free_bytes = static_cast<double>(memory.swap_free_bytes),
                       .waiting_seconds = waiting_seconds(pressure_),
                       .oom_kills = memory.oom_kills};
  }
  std::optional<double> glance() override {
    if (!last_) return std::nullopt;
    const auto meminfo = meminfo_.read();
    const auto available = meminfo ? available_bytes(*meminfo) : std::nullopt;
    if (!available) return std::nullopt;
    last_->available_bytes = *available;
    return static_cast<double>(last_->usable_bytes());
  }
  [[nodiscard]] std::string pressure_file() const override { return machine_pressure; }

 private:
  /// 0 where the kernel has no such file, or writes what nobody knows: less is believed to be usable then.
  static std::uint64_t extra(KeptFile& file, Result<std::uint64_t> (*parse)(std::string_view)) {
    const auto text = file.read();
    const auto value = text ? parse(*text) : Result<std::uint64_t>(text.error());
    return value ? *value : 0;
  }

  std::uint64_t page_bytes_;
  std::optional<Memory> last_{};
  KeptFile meminfo_{"/proc/meminfo", table_bytes};
  KeptFile vmstat_{"/proc/vmstat", table_bytes};
  KeptFile zones_{"/proc/zoneinfo", zones_bytes};
  KeptFile arc_{"/proc/spl/kstat/zfs/arcstats", table_bytes};
  KeptFile pressure_{machine_pressure, small_bytes};
};

/// How the files of a version are called.
struct GroupFiles {
  const char* limit = nullptr;
  const char* usage = nullptr;
  const char* kills = nullptr;
  const char* cached = nullptr;     ///< in memory.stat
  const char* anonymous = nullptr;  ///< in memory.stat
};
constexpr GroupFiles unified{"memory.max", "memory.current", "memory.events", "inactive_file", "anon"};
constexpr GroupFiles legacy{"memory.limit_in_bytes", "memory.usage_in_bytes", "memory.oom_control",
                            "total_inactive_file", "total_rss"};

/// Nothing where it says "max".
std::optional<double> whole_number(const Result<std::string_view>& text) {
  if (!text) return std::nullopt;
  auto rest = *text;
  const auto number = parse_number<std::uint64_t>(take_line(rest));
  return number ? std::optional(static_cast<double>(*number)) : std::nullopt;
}

class ControlGroupMemory final : public MemorySource {
 public:
  ControlGroupMemory(std::string directory, const GroupFiles& files)
      : directory_(std::move(directory)),
        files_(files),
        limit_(directory_ + "/" + files.limit, small_bytes),
        usage_(directory_ + "/" + files.usage, small_bytes),
        stat_(directory_ + "/memory.stat", table_bytes),
        kills_(directory_ + "/" + files.kills, small_bytes),
        pressure_(directory_ + "/memory.pressure", small_bytes) {}

  Result<MemorySight> read(Instant now) override {
    const auto limit = whole_number(limit_.read());
    if (!limit) return complaint(std::string("no limit in ") + files_.limit);
    const auto usage = whole_number(usage_.read());
    if (!usage) return complaint(std::string("no number in ") + files_.usage);
    const auto stat = stat_.read();
    if (!stat) return stat.error();
    const auto cached = number_behind(files_.cached, *stat);
    const auto anonymous = number_behind(files_.anonymous, *stat);
    if (!cached || !anonymous) return complaint("memory.stat is not what it should be");
    const auto kills = kills_.read();
    const double usable = *limit - *usage + static_cast<double>(*cached);
    return MemorySight{.taken = now,
                       .total_bytes = *limit,
                       .usable_bytes = std::clamp(usable, 0.0, *limit),
                       .anonymous_bytes = static_cast<double>(*anonymous),
                       .waiting_seconds = waiting_seconds(pressure_),
                       .oom_kills = kills ? number_behind("oom_kill", *kills).value_or(0) : 0};
  }
  [[nodiscard]] std::string pressure_file() const override { return directory_ + "/memory.pressure"; }

 private:
  [[nodiscard]] Error complaint(const std::string& what) const {
    return Error{Error::Kind::malformed, directory_ + ": " + what};
  }

  std::string directory_;
  const GroupFiles& files_;
  KeptFile limit_;
  KeptFile usage_;
  KeptFile stat_;
  KeptFile kills_;
  KeptFile pressure_;
};

}  // namespace

std::unique_ptr<MemorySource> machine_memory(std::uint64_t page_bytes) {
  return std::make_unique<MachineMemory>(page_bytes);
}

Result<std::unique_ptr<MemorySource>> control_group_memory(const std::string& directory) {
  Error error{Error::Kind::not_found, directory};
  for (const auto* files : {&unified, &legacy}) {
    auto source = std::make_unique<ControlGroupMemory>(directory, *files);
    const auto first = source->read({});
    if (first) return std::unique_ptr<MemorySource>(std::move(source));
    error = first.error();
  }
  return error;
}

Result<std::unique_ptr<MemorySource>> memory_source_for(const MemoryRules& rules, std::uint64_t page_bytes) {
  if (rules.control_group.empty()) return machine_memory(page_bytes);
  return control_group_memory(rules.control_group);
}

}  // namespace systemcheck
