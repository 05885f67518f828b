#include "publish/oids_leaves.h"

#include <algorithm>
#include <cmath>

#include "publish/oids_syntax.h"
#include "publish/oids_values.h"

// One entry a leaf, in the order of the object identifiers. Numbers are never given to another meaning:
// the gaps are objects of the module's plan that are not served yet (settable ones).

namespace systemcheck {
namespace {

using namespace syntax;

constexpr std::uint64_t kib = 1024;
constexpr std::uint64_t mib = kib * kib;

// What there is to look at. Each is called only where its instances exist.
const Load& load(const Sight& it) { return *it.view.snapshot->facts.of<Load>(); }
const Cpu& cpu(const Sight& it) { return *it.view.snapshot->facts.of<Cpu>(); }
const Memory& memory(const Sight& it) { return *it.view.snapshot->facts.of<Memory>(); }
const ServiceRow& service(const Sight& it) { return it.view.services[it.row]; }
const FileSystem& disk(const Sight& it) {
  return it.view.snapshot->facts.of<Disks>()->file_systems[it.view.file_systems[it.row].index];
}

Duration age(const Sight& it) { return sample_age(it.view, it.moment); }
bool is_old(const Sight& it) { return is_stale(it.view, it.moment); }

SnmpValue status_text(const Sight& it) {
  return text_value(is_old(it) ? stale_words(it.view, it.moment) : it.view.status_text);
}

SnmpValue inodes_used(const Sight& it) { return permille_gauge(disk(it).inodes_ratio()); }

SnmpValue last_result(const ServiceRow& row) {
  constexpr int running = 1;
  constexpr int first_outcome = 2;
  if (row.state == ServiceState::restarting) return {.number = running};
  if (!row.last_outcome) return {.number = 0};
  return {.number = first_outcome + static_cast<int>(*row.last_outcome)};
}

std::vector<Leaf> agent_leaves() {
  return {
      {{"scAgentVersion", {1, 1}, admin_string, "", false},
       Instances::always,
       [](const Sight& it) { return text_value(it.view.daemon.version); }},
      {{"scStatus", {1, 2}, check_status, "", false},
       Instances::always,
       [](const Sight& it) {
         return label_value(is_old(it) ? CheckStatus::critical : it.view.status, check_status);
       }},
      {{"scStatusText", {1, 3}, admin_string, "", false}, Instances::always, status_text},
      {{"scSampleTime", {1, 4}, date, "", false},
       Instances::sample,
       [](const Sight& it) { return date_value(it.view.snapshot->taken_at); }},
      {{"scSampleSequence", {1, 5}, counter32, "", false},
       Instances::always,
       [](const Sight& it) { return counter(it.view.sequence); }},
      {{"scSampleAge", {1, 6}, gauge32, "seconds", false},
       Instances::sample,
       [](const Sight& it) { return gauge(static_cast<std::uint64_t>(in_seconds(age(it)))); }},
      {{"scSampleInterval", {1, 7}, {"Unsigned32 (1..86400)", SnmpType::unsigned32}, "seconds", false},
       Instances::always,
       [](const Sight& it) {
         const auto seconds = std::llround(in_seconds(it.view.daemon.cycle_interval));
         return gauge(static_cast<std::uint64_t>(std::clamp(seconds, 1LL, 86'400LL)), SnmpType::unsigned32);
       }},
      {{"scSampleDuration", {1, 8}, gauge32, "microseconds", false},
       Instances::sample,
       [](const Sight& it) { return rounded_gauge(in_seconds(it.view.snapshot->took) * 1e6); }},
      {{"scCounterDiscontinuityTime", {1, 11}, time_stamp, "", false},
       Instances::always,
       [](const Sight& it) { return ticks_at(it.view.daemon.started, it.moment); }},
      {{"scAgentMode", {1, 12}, mode, "", false},
       Instances::always,
       [](const Sight& it) { return label_value(it.view.daemon.mode, mode); }},
  };
}

std::vector<Leaf> load_leaves() {
  return {
      {{"scLoadAvg1", {2, 1}, gauge32, "0.01", false},
       Instances::load,
       [](const Sight& it) { return rounded_gauge(load(it).one_minute * 100); }},
      {{"scLoadAvg5", {2, 2}, gauge32, "0.01", false},
       Instances::load,
       [](const Sight& it) { return rounded_gauge(load(it).five_minutes * 100); }},
      {{"scLoadAvg15", {2, 3}, gauge32, "0.01", false},
       Instances::load,
       [](const Sight& it) { return rounded_gauge(load(it).fifteen_minutes * 100); }},
      {{"scLoadStatus", {2, 4}, check_status, "", false},
       Instances::always,
       [](const Sight& it) { return label_value(it.view.load_status, check_status); }},
      {{"scLoadCpus", {2, 5}, gauge32, "processors", false},
       Instances::cpu,
       [](const Sight& it) { return gauge(cpu(it).online); }},
      {{"scLoadRunnable", {2, 6}, gauge32, "tasks", false},
       Instances::cpu,
       [](const Sight& it) { return gauge(cpu(it).running); }},
      {{"scLoadBlocked", {2, 7}, gauge32, "tasks", false},
       Instances::cpu,
       [](const Sight& it) { return gauge(cpu(it).blocked); }},
  };
}

std::vector<Leaf> memory_leaves() {
  return {
      {{"scMemTotal", {3, 1}, gauge32, "kibibytes", false},
       Instances::memory,
       [](const Sight& it) { return gauge(memory(it).total_bytes / kib); }},
      {{"scMemAvailable", {3, 2}, gauge32, "kibibytes", false},
       Instances::memory,
       [](const Sight& it) { return gauge(memory(it).available_bytes / kib); }},
      {{"scMemFree", {3, 3}, gauge32, "kibibytes", false},
       Instances::memory,
       [](const Sight& it) { return gauge(memory(it).free_bytes / kib); }},
      {{"scMemSwapTotal", {3, 4}, gauge32, "kibibytes", false},
       Instances::memory,
       [](const Sight& it) { return gauge(memory(it).swap_total_bytes / kib); }},
      {{"scMemSwapFree", {3, 5}, gauge32, "kibibytes", false},
       Instances::memory,
       [](const Sight& it) { return gauge(memory(it).swap_free_bytes / kib); }},
      {{"scMemStatus", {3, 6}, check_status, "", false},
       Instances::always,
       [](const Sight& it) { return label_value(it.view.memory_status, check_status); }},
      {{"scMemUsablePermille", {3, 7}, permille, "permille", false},
       Instances::memory,
       [](const Sight& it) { return permille_gauge(memory(it).usable_ratio()); }},
  };
}

std::vector<Leaf> disk_leaves() {
  return {
      {{"scDiskPath", {4, 1, 1, 2}, admin_string, "", true},
       Instances::disks,
       [](const Sight& it) { return text_value(disk(it).mount_point); }},
      {{"scDiskSize", {4, 1, 1, 3}, gauge32, "mebibytes", true},
       Instances::disk_usages,
       [](const Sight& it) { return gauge(disk(it).usage->size_bytes / mib); }},
      {{"scDiskUsed", {4, 1, 1, 4}, gauge32, "mebibytes", true},
       Instances::disk_usages,
       [](const Sight& it) {
         const auto& usage = *disk(it).usage;
         return gauge((usage.size_bytes - std::min(usage.free_bytes, usage.size_bytes)) / mib);
       }},
      {{"scDiskUsedPermille", {4, 1, 1, 5}, permille, "permille", true},
       Instances::disk_usages,
       [](const Sight& it) { return permille_gauge(disk(it).used_ratio()); }},
      {{"scDiskStatus", {4, 1, 1, 6}, check_status, "", true},
       Instances::disks,
       [](const Sight& it) { return label_value(it.view.file_systems[it.row].status, check_status); }},
      {{"scDiskInodesPermille", {4, 1, 1, 7}, permille, "permille", true},
       Instances::disk_inodes,
       inodes_used},
      {{"scDiskReadOnly", {4, 1, 1, 8}, truth, "", true},
       Instances::disks,
       [](const Sight& it) { return truth_value(disk(it).is_read_only); }},
      {{"scDiskType", {4, 1, 1, 9}, admin_string, "", true},
       Instances::disks,
       [](const Sight& it) { return text_value(disk(it).type); }},
      {{"scDiskDevice", {4, 1, 1, 10}, admin_string, "", true},
       Instances::disks,
       [](const Sight& it) { return text_value(disk(it).device); }},
  };
}

std::vector<Leaf> service_leaves() {
  return {
      {{"scServiceLabel", {5, 1, 1, 2}, admin_string, "", true},
       Instances::services,
       [](const Sight& it) { return text_value(service(it).name); }},
      {{"scServiceStatus", {5, 1, 1, 3}, check_status, "", true},
       Instances::services,
       [](const Sight& it) { return label_value(service(it).status, check_status); }},
      {{"scServiceState", {5, 1, 1, 4}, service_state, "", true},
       Instances::services,
       [](const Sight& it) { return label_value(service(it).state, service_state); }},
      {{"scServiceReason", {5, 1, 1, 5}, admin_string, "", true},
       Instances::services,
       [](const Sight& it) { return text_value(service(it).reason); }},
      {{"scServiceProcs", {5, 1, 1, 6}, gauge32, "processes", true},
       Instances::readable_services,
       [](const Sight& it) { return gauge(service(it).processes); }},
      {{"scServiceProcsMin", {5, 1, 1, 7}, unsigned32, "processes", true},
       Instances::services,
       [](const Sight& it) { return gauge(service(it).processes_min, SnmpType::unsigned32); }},
      {{"scServiceProcsMax", {5, 1, 1, 8}, unsigned32, "processes", true},
       Instances::services,
       [](const Sight& it) { return gauge(service(it).processes_max.value_or(0), SnmpType::unsigned32); }},
      {{"scServiceRss", {5, 1, 1, 9}, gauge32, "kibibytes", true},
       Instances::readable_services,
       [](const Sight& it) { return gauge(service(it).resident_bytes / kib); }},
      {{"scServiceCpu", {5, 1, 1, 10}, gauge32, "0.01 percent", true},
       Instances::readable_services,
       [](const Sight& it) { return rounded_gauge(service(it).cpu_ratio * 10'000); }},
  };
}

std::vector<Leaf> restart_leaves() {
  return {
      {{"scServiceRestarts", {5, 1, 1, 11}, counter32, "restarts", true},
       Instances::services,
       [](const Sight& it) { return counter(service(it).restarts_total); }},
      {{"scServiceRestartFailures", {5, 1, 1, 12}, counter32, "restarts", true},
       Instances::services,
       [](const Sight& it) { return counter(service(it).restart_failures_total); }},
      {{"scServiceLastChange", {5, 1, 1, 13}, time_stamp, "", true},
       Instances::services,
       [](const Sight& it) { return ticks_at(service(it).state_since_instant, it.moment); }},
      {{"scServiceLastRestart", {5, 1, 1, 14}, date, "", true},
       Instances::services,
       [](const Sight& it) { return date_value(service(it).last_restart); }},
      {{"scServiceLastResult", {5, 1, 1, 15}, result, "", true},
       Instances::services,
       [](const Sight& it) { return last_result(service(it)); }},
      {{"scServiceLastExit", {5, 1, 1, 16}, exit_code, "", true},
       Instances::services,
       [](const Sight& it) { return SnmpValue{.number = std::clamp(service(it).last_exit, -255, 255)}; }},
      {{"scServiceMode", {5, 1, 1, 20}, mode, "", true},
       Instances::services,
       [](const Sight& it) { return label_value(service(it).mode, mode); }},
      {{"scServiceOwner", {5, 1, 1, 21}, owner, "", true},
       Instances::services,
       [](const Sight& it) { return label_value(service(it).owner, owner); }},
      {{"scServiceUnit", {5, 1, 1, 22}, admin_string, "", true},
       Instances::services,
       [](const Sight& it) { return text_value(service(it).unit); }},
      {{"scServiceThreads", {5, 1, 1, 23}, gauge32, "threads", true},
       Instances::readable_services,
       [](const Sight& it) { return gauge(service(it).threads); }},
      {{"scServiceDeaths", {5, 1, 1, 24}, counter32, "deaths", true},
       Instances::services,
       [](const Sight& it) { return counter(sum(service(it).deaths_total)); }},
      {{"scServiceSuppressed", {5, 1, 1, 25}, counter32, "restarts", true},
       Instances::services,
       [](const Sight& it) { return counter(sum(service(it).suppressed_total)); }},
      {{"scServiceRetryIn", {5, 1, 1, 26}, gauge32, "seconds", true},
       Instances::services,
       [](const Sight& it) { return rounded_gauge(std::ceil(in_seconds(service(it).backoff_remaining))); }},
      {{"scServiceAtCap", {5, 1, 1, 27}, truth, "", true},
       Instances::services,
       [](const Sight& it) { return truth_value(service(it).is_at_cap); }},
  };
}

}  // namespace

std::span<const Leaf> leaf_roster() {
  static const std::vector<Leaf> roster = [] {
    std::vector<Leaf> all;
    for (const auto& group : {agent_leaves(), lock_leaves(), load_leaves(), memory_leaves(), disk_leaves(),
                              service_leaves(), restart_leaves(), order_leaves(), process_leaves(),
                              shedding_leaves(), relay_leaves(), event_leaves(), pressure_leaves()}) {
      all.insert(all.end(), group.begin(), group.end());
    }
    std::ranges::sort(all, {}, [](const Leaf& leaf) -> const Oid& { return leaf.info.oid; });
    return all;
  }();
  return roster;
}

}  // namespace systemcheck
