#include "collect/service_usage.h"

#include <algorithm>
#include <utility>

namespace systemcheck {
namespace {

std::uint64_t difference(std::uint64_t before, std::uint64_t now) { return now - std::min(before, now); }

}  // namespace

void ServiceUsage::add(std::span<const Process* const> members, const Processes& table) {
  Counted counted;
  for (const auto* process : members) {
    const auto found = counted_.find(process->identity);
    if (found == counted_.end() && last_look_ticks_ != 0) ++starts_;
    const auto before = found != counted_.end() ? found->second : starting_point(*process);
    add_difference(before, *process);
    counted[process->identity] = {.user = process->user_ticks, .system = process->system_ticks};
  }
  add_ended(table, counted);
  counted_ = std::move(counted);
  last_look_ticks_ =
      static_cast<std::uint64_t>(table.uptime_seconds * static_cast<double>(table.ticks_per_second));
}

/// A process that began after the last look is counted from its own beginning; one that was there
/// already (at our start, or before it became a member) from now on.
ServiceUsage::Ticks ServiceUsage::starting_point(const Process& process) const {
  const bool is_new = last_look_ticks_ != 0 && process.identity.start_ticks >= last_look_ticks_;
  return is_new ? Ticks{} : Ticks{.user = process.user_ticks, .system = process.system_ticks};
}

void ServiceUsage::add_difference(Ticks before, const Process& process) {
  user_ticks_ += difference(before.user, process.user_ticks);
  system_ticks_ += difference(before.system, process.system_ticks);
}

/// A zombie's entry still says what it used in the end.
void ServiceUsage::add_ended(const Processes& table, Counted& counted) {
  for (const auto& [identity, before] : counted_) {
    if (counted.contains(identity)) continue;
    const auto* process = table.find(identity.pid);
    if (process == nullptr || process->identity != identity) continue;
    add_difference(before, *process);
    counted[identity] = {.user = process->user_ticks, .system = process->system_ticks};
  }
}

}  // namespace systemcheck
