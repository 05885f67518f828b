#include <cmath>

#include "publish/oids_leaves.h"
#include "publish/oids_syntax.h"
#include "publish/oids_values.h"

// The processes of the machine: how many, whose, and how long they have waited for what there is too little
// of.

namespace systemcheck {
namespace {

using namespace syntax;

// Each is called only where its instances exist.
const UserTotals& user(const Sight& it) { return it.processes.users[it.row]; }
const Pressure& pressure(const Sight& it) { return *it.view.snapshot->facts.of<Pressure>(); }

/// Whole milliseconds of what the kernel counts in microseconds.
SnmpValue milliseconds(double seconds) {
  return wide_counter(static_cast<std::uint64_t>(std::llround(seconds * 1e6)) / 1000);
}

std::vector<Leaf> count_leaves() {
  return {
      {{"scProcTotal", {6, 1}, gauge32, "processes", false},
       Instances::processes,
       [](const Sight& it) { return gauge(it.processes.total); }},
      {{"scProcRunning", {6, 2}, gauge32, "processes", false},
       Instances::processes,
       [](const Sight& it) { return gauge(it.processes.running); }},
      {{"scProcBlocked", {6, 3}, gauge32, "processes", false},
       Instances::processes,
       [](const Sight& it) { return gauge(it.processes.blocked); }},
      {{"scProcZombie", {6, 4}, gauge32, "processes", false},
       Instances::processes,
       [](const Sight& it) { return gauge(it.processes.zombie); }},
      {{"scProcThreads", {6, 5}, gauge32, "threads", false},
       Instances::processes,
       [](const Sight& it) { return gauge(it.processes.threads); }},
  };
}

std::vector<Leaf> user_leaves() {
  return {
      {{"scProcUserLabel", {6, 10, 1, 2}, admin_string, "", true},
       Instances::users,
       [](const Sight& it) { return text_value(user(it).name); }},
      {{"scProcUserProcs", {6, 10, 1, 3}, gauge32, "processes", true},
       Instances::users,
       [](const Sight& it) { return gauge(user(it).processes); }},
      {{"scProcUserRss", {6, 10, 1, 4}, gauge32, "kibibytes", true},
       Instances::users,
       [](const Sight& it) { return gauge(user(it).resident_bytes / 1024); }},
  };
}

}  // namespace

std::vector<Leaf> process_leaves() {
  std::vector<Leaf> all = count_leaves();
  const auto users = user_leaves();
  all.insert(all.end(), users.begin(), users.end());
  return all;
}

std::vector<Leaf> pressure_leaves() {
  return {
      {{"scPressureCpuWaiting", {11, 1}, counter64, "milliseconds", false},
       Instances::pressure,
       [](const Sight& it) { return milliseconds(pressure(it).cpu.waiting_seconds); }},
      {{"scPressureMemoryWaiting", {11, 2}, counter64, "milliseconds", false},
       Instances::pressure,
       [](const Sight& it) { return milliseconds(pressure(it).memory.waiting_seconds); }},
      {{"scPressureMemoryStalled", {11, 3}, counter64, "milliseconds", false},
       Instances::pressure,
       [](const Sight& it) { return milliseconds(pressure(it).memory.stalled_seconds); }},
      {{"scPressureIoWaiting", {11, 4}, counter64, "milliseconds", false},
       Instances::pressure,
       [](const Sight& it) { return milliseconds(pressure(it).io.waiting_seconds); }},
      {{"scPressureIoStalled", {11, 5}, counter64, "milliseconds", false},
       Instances::pressure,
       [](const Sight& it) { return milliseconds(pressure(it).io.stalled_seconds); }},
  };
}

}  // namespace systemcheck
