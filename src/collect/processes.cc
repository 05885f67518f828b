#include "collect/processes.h"

#include <algorithm>
#include <utility>

#include "base/metrics.h"
#include "base/text.h"
#include "collect/boot_clock.h"
#include "collect/facts.h"
#include "collect/key_values.h"
#include "collect/process_cache.h"
#include "collect/user_totals.h"
#include "os/host.h"

namespace systemcheck {
namespace {

/// What the table needs to know of the machine before its first line.
Result<Processes> read_surroundings(Host& host) {
  const auto clock = read_boot_clock(host);
  if (!clock) return clock.error();
  const auto meminfo = host.read_file("/proc/meminfo", pseudo_file_limit_bytes);
  if (!meminfo) return meminfo.error();
  const auto pids_max = host.read_file("/proc/sys/kernel/pid_max", pseudo_file_limit_bytes);
  if (!pids_max) return pids_max.error();
  std::string_view words = *pids_max;
  Processes table;
  table.pids_max = parse_number<std::uint64_t>(take_word(words)).value_or(0);
  table.ticks_per_second = host.constants().ticks_per_second;
  table.uptime_seconds = clock->uptime_seconds;
  table.boot_time_seconds = clock->boot_time_seconds;
  table.births = clock->births;
  table.memory_total_bytes = number_behind("MemTotal:", *meminfo).value_or(0) * 1024;
  table.is_swapping = number_behind("SwapTotal:", *meminfo) != number_behind("SwapFree:", *meminfo);
  return table;
}

/// With most of it missing (no descriptors left, hidepid) it is no picture of the machine: services
/// would look as if they were gone.
Status check_completeness(const Processes& table) {
  if (table.all.empty()) return Error{Error::Kind::malformed, "not one process in /proc"};
  if (table.unread_count <= table.all.size() && table.unread_count <= unread_processes_max) return Nothing{};
  return Error{Error::Kind::failed, std::to_string(table.unread_count) + " of " +
                                        std::to_string(table.unread_count + table.all.size()) +
                                        " processes cannot be read"};
}

std::vector<std::pair<uid_t, std::string>> read_user_names(Host& host, const Processes& table) {
  std::vector<uid_t> users;
  for (const auto& process : table.all) {
    const auto place = std::ranges::lower_bound(users, process.user);
    if (place == users.end() || *place != process.user) users.insert(place, process.user);
  }
  std::vector<std::pair<uid_t, std::string>> names;
  names.reserve(users.size());
  for (const auto user : users)
    names.emplace_back(user, host.user_name(user));
  return names;
}

constexpr std::array<std::string_view, 7> state_words{"running", "sleeping", "disk_sleep", "stopped",
                                                      "zombie",  "idle",     "other"};

std::size_t state_index(char state) {
  constexpr std::string_view first_letters = "RSDTZI";
  if (state == 't') return 3;  // stopped by a tracer
  return std::min(first_letters.find(state), state_words.size() - 1);
}

void describe_states(Metrics& metrics, const std::vector<Process>& all) {
  std::array<std::uint64_t, state_words.size()> counts{};
  for (const auto& process : all)
    ++counts.at(state_index(process.state));
  for (std::size_t i = 0; i < counts.size(); ++i) {
    metrics.gauge("systemcheck_processes", "Processes by state; threads are not counted.",
                  static_cast<double>(counts.at(i)), {{"state", std::string(state_words.at(i))}});
  }
}

void describe_users(Metrics& metrics, const Processes& table) {
  for (const auto& user : totals_by_user(table)) {
    const Labels labels{{"user", user.name}};
    metrics.gauge("systemcheck_user_processes",
                  "Processes by effective user; beyond 50 users the rest is in user=\"_other\".",
                  static_cast<double>(user.processes), labels);
    metrics.gauge("systemcheck_user_resident_memory_bytes",
                  "Resident memory by effective user, shared pages once per process; beyond 50 users the "
                  "rest is in user=\"_other\".",
                  static_cast<double>(user.resident_bytes), labels);
  }
}

template <typename Read>
Result<Processes> read_processes(Look& look, Read read) {
  auto table = read_surroundings(look.host);
  if (!table) return table;
  if (auto done = read(*table); !done) return std::move(done).error();
  if (auto complete = check_completeness(*table); !complete) return std::move(complete).error();
  table->user_names = read_user_names(look.host, *table);
  return table;
}

}  // namespace

Result<Processes> Processes::collect(Look& look) {
  return read_processes(
      look, [&look](auto& table) { return look.process_cache.read_table(look.host, table, look.concerned); });
}

Result<Processes> Processes::collect_changes(Look& look) {
  return read_processes(look, [&look](auto& table) {
    return look.process_cache.read_changes(look.host, table, look.concerned);
  });
}

void Processes::describe(Metrics& metrics) const {
  describe_states(metrics, all);
  std::uint64_t threads = 0;
  for (const auto& process : all)
    threads += process.threads;
  metrics.gauge("systemcheck_threads", "Threads of all processes.", static_cast<double>(threads));
  metrics.gauge("systemcheck_pids_max", "How many process and thread numbers there are (kernel.pid_max).",
                static_cast<double>(pids_max));
  describe_users(metrics, *this);
  metrics.counter("systemcheck_process_scan_races_total",
                  "Processes that ended while they were being read, which is no error.",
                  static_cast<double>(races_total));
  metrics.counter("systemcheck_process_read_errors_total",
                  "Processes that could not be read for another reason.",
                  static_cast<double>(read_errors_total));
}

const Process* Processes::find(pid_t pid) const {
  const auto pid_of = [](const Process& process) { return process.identity.pid; };
  const auto found = std::ranges::lower_bound(all, pid, {}, pid_of);
  return found != all.end() && found->identity.pid == pid ? &*found : nullptr;
}

std::string_view Processes::user_name(uid_t user) const {
  const auto found = std::ranges::lower_bound(user_names, user, {}, &std::pair<uid_t, std::string>::first);
  return found != user_names.end() && found->first == user ? std::string_view(found->second)
                                                           : std::string_view();
}

}  // namespace systemcheck
