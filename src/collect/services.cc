#include "collect/services.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "base/text.h"
#include "collect/control_group.h"
#include "collect/installation.h"
#include "collect/key_values.h"
#include "collect/pid_file.h"
#include "collect/process_namespace.h"
#include "collect/self.h"
#include "collect/service_kin.h"
#include "collect/service_owners.h"
#include "collect/service_rule.h"
#include "collect/service_usage.h"

namespace systemcheck {
namespace {

/// What is kept of one service between two tables.
struct Followed {
  KinMemory memory{};
  std::string unit{};  ///< whose control group held the main process when that was last seen
  ServiceUsage usage{};
  std::vector<ProcessIdentity> members{};  ///< when last told
};

/// A service that has just started may not have come to write its pid file.
constexpr Duration pid_file_written_within = std::chrono::seconds{10};

/// systemd's own test, sd_booted(3).
bool is_systemd_here(Host& host) { return host.status("/run/systemd/system").has_value(); }

bool are_we_in_container(Host& host) {
  const auto text = host.read_file("/proc/self/cgroup", pseudo_file_limit_bytes);
  return text && is_containers(parse_control_group(*text));
}

/// /proc/PID/status is dear: only asked where there is something to find.
std::uint64_t read_swap_bytes(Host& host, const Kin& kin, const Processes& table) {
  if (!table.is_swapping) return 0;
  std::uint64_t sum = 0;
  std::array<char, 4096> buffer{};
  for (const auto* process : kin.members) {
    const auto path = "/proc/" + std::to_string(process->identity.pid) + "/status";
    const auto length = host.read_into(path.c_str(), buffer);
    if (!length) continue;  // It has just ended.
    sum += number_behind("VmSwap:", {buffer.data(), *length}).value_or(0) * 1024;
  }
  return sum;
}

/// A process with many descriptors takes a while to list: only where there is a rule.
std::optional<double> read_descriptors_ratio(Host& host, const Service& service, const Kin& kin) {
  const bool is_asked_for = std::ranges::any_of(service.rules, [](const ResourceRule& rule) {
    return rule.kind == ResourceRule::Kind::descriptors_above;
  });
  if (!is_asked_for || kin.main == nullptr) return std::nullopt;
  const auto directory = "/proc/" + std::to_string(kin.main->identity.pid);
  const auto open = host.list_numbers(directory + "/fd");
  const auto limits = host.read_file(directory + "/limits", pseudo_file_limit_bytes);
  const auto limit = limits ? parse_descriptor_limit(*limits) : std::nullopt;
  if (!open || !limit || *limit == 0) return std::nullopt;
  return static_cast<double>(open->size()) / static_cast<double>(*limit);
}

void sum_up(ServiceProcesses& service, const Kin& kin, const Processes& table) {
  const Process* oldest = nullptr;
  for (const auto* process : kin.outside)
    service.outside.push_back(process->identity);
  for (const auto* process : kin.members) {
    service.members.push_back(process->identity);
    service.threads += process->threads;
    service.resident_bytes += process->resident_bytes;
    const bool is_older = oldest == nullptr || process->identity.start_ticks < oldest->identity.start_ticks;
    if (is_older) oldest = process;
  }
  if (oldest != nullptr) service.oldest_start = start_time(*oldest, table);
  if (kin.main == nullptr) return;
  service.main = kin.main->identity;
  service.user = table.user_name(kin.main->user);
}

void copy_usage(ServiceProcesses& service, const ServiceUsage& usage, std::uint64_t ticks_per_second) {
  const auto seconds = [ticks_per_second](std::uint64_t ticks) {
    return static_cast<double>(ticks) / static_cast<double>(ticks_per_second);
  };
  service.user_seconds_total = seconds(usage.user_ticks());
  service.system_seconds_total = seconds(usage.system_ticks());
  service.process_starts_total = usage.starts();
}

/// A member that could not be read this time is not gone.
std::optional<Error> find_unread_member(const std::vector<ProcessIdentity>& members, const Processes& table) {
  for (const auto& member : members) {
    if (!std::ranges::binary_search(table.unread, member.pid)) continue;
    return Error{Error::Kind::failed, "process " + std::to_string(member.pid) + " cannot be read"};
  }
  return std::nullopt;
}

/// An upgrade has replaced or removed the program that runs.
bool read_binary_is_stale(Host& host, pid_t pid) {
  const auto path = "/proc/" + std::to_string(pid) + "/exe";
  const auto target = host.read_link(path.c_str());
  return target && target->ends_with(" (deleted)");
}

double age_seconds(const Process& process, const Processes& table) {
  return table.uptime_seconds -
         static_cast<double>(process.identity.start_ticks) / static_cast<double>(table.ticks_per_second);
}

/// Whoever saw it die may start another one within the same moment: that is left for a successor.
Crash in_ticks(const MainCrash& crash, const Processes& table, Instant now) {
  constexpr double moment_seconds = 0.05;
  const double seconds = table.uptime_seconds - in_seconds(now - crash.at) - moment_seconds;
  const double ticks = std::max(0.0, seconds) * static_cast<double>(table.ticks_per_second);
  return {.main = crash.main, .by_ticks = static_cast<std::uint64_t>(ticks)};
}

Error hidden_error(pid_t pid) {
  return {Error::Kind::denied,
          "the executable of process " + std::to_string(pid) + " is not ours to see: run as root"};
}

}  // namespace

struct ServiceMatcher::State {
  std::vector<ServiceRule> rules{};
  std::vector<Followed> followed{};
  std::vector<pid_t> owned{};
  std::uint64_t ticks_per_second = 100;
  ProcessNamespaces namespaces{};

  std::vector<ServiceProcesses> look_for_installations(Host& host);
  std::vector<PidFile> read_pid_files(Host& host, const Processes& table) const;
  Circumstances circumstances_of(Host& host, const Processes& table, std::vector<PidFile>& files);
  void tell_apart(Host& host, const Processes& table, std::span<const MainCrash> crashes,
                  std::vector<ServiceProcesses>& services);
  void tell(std::size_t index, const Kin& kin, const Processes& table, ServiceProcesses& service);
  void add_details(Host& host, std::size_t index, const Kin& kin, const Processes& table,
                   ServiceProcesses& service) const;
  void add_ports(Host& host, std::span<const PortQuestion> questions,
                 std::vector<ServiceProcesses>& services) const;
};

ServiceMatcher::ServiceMatcher(std::span<const Service> services) : state_(std::make_unique<State>()) {
  for (const auto& service : services)
    state_->rules.emplace_back(service);
  state_->followed.resize(services.size());
}

ServiceMatcher::~ServiceMatcher() = default;

std::vector<ServiceProcesses> ServiceMatcher::match(Host& host, const Result<Processes>& table,
                                                    std::span<const MainCrash> crashes,
                                                    std::span<const PortQuestion> ports) {
  auto services = state_->look_for_installations(host);
  if (table) {
    state_->ticks_per_second = table->ticks_per_second;
    state_->tell_apart(host, *table, crashes, services);
  }
  for (std::size_t i = 0; i < services.size(); ++i) {
    if (!table) services[i].unreadable = table.error();
    copy_usage(services[i], state_->followed[i].usage, state_->ticks_per_second);
  }
  state_->add_ports(host, ports, services);
  return services;
}

std::vector<pid_t> ServiceMatcher::concerned(Host& host) const {
  auto pids = state_->owned;
  for (const auto& rule : state_->rules) {
    if (const auto named = read_pid_file_number(host, rule.match().pidfile)) pids.push_back(*named);
  }
  std::ranges::sort(pids);
  return pids;
}

std::vector<ServiceProcesses> ServiceMatcher::State::look_for_installations(Host& host) {
  std::vector<ServiceProcesses> services(rules.size());
  for (std::size_t i = 0; i < rules.size(); ++i) {
    auto installation = look_for(host, rules[i].service(), followed[i].unit);
    services[i].is_installed = installation.is_installed;
    services[i].unit = installation.unit;
    services[i].init_script = std::move(installation.init_script);
    rules[i].use_unit(std::move(installation.unit));
  }
  return services;
}

std::vector<PidFile> ServiceMatcher::State::read_pid_files(Host& host, const Processes& table) const {
  std::vector<PidFile> files;
  files.reserve(rules.size());
  for (const auto& rule : rules)
    files.push_back(read_pid_file(host, rule, table));
  return files;
}

Circumstances ServiceMatcher::State::circumstances_of(Host& host, const Processes& table,
                                                      std::vector<PidFile>& files) {
  namespaces.sweep(table);
  Circumstances circumstances{
      .is_systemd = is_systemd_here(host),
      .are_we_in_container = are_we_in_container(host),
      .is_elsewhere = [this, &host](const Process& it) { return namespaces.is_elsewhere(host, it); }};
  for (std::size_t i = 0; i < rules.size(); ++i) {
    const auto* named = files[i].process ? table.find(files[i].process->pid) : nullptr;
    if (named != nullptr && namespaces.is_elsewhere(host, *named)) {
      files[i] = misfitting(Misfit::stranger, named->identity.pid, "lives in a container");
    } else if (named != nullptr) {
      circumstances.named.emplace(named->identity.pid, i);
    }
    followed[i].memory.sweep(table);
    followed[i].memory.tell(i, circumstances);
  }
  return circumstances;
}

void ServiceMatcher::State::tell_apart(Host& host, const Processes& table, std::span<const MainCrash> crashes,
                                       std::vector<ServiceProcesses>& services) {
  auto files = read_pid_files(host, table);
  const auto circumstances = circumstances_of(host, table, files);
  const RuleIndex index(rules);
  const ServiceOwners owners(index, table, circumstances);
  std::vector<std::vector<const Process*>> owned_by(rules.size());
  owned.clear();
  for (const auto& process : table.all) {
    const auto owner = owners.owner_of(process);
    if (!owner) continue;
    owned_by[*owner].push_back(&process);
    owned.push_back(process.identity.pid);
  }
  for (std::size_t i = 0; i < rules.size(); ++i) {
    const KinFinder finder(rules[i], table, owners);
    for (const auto& crash : crashes) {
      if (crash.service != i) continue;
      finder.learn_left_behind(owned_by[i], in_ticks(crash, table, host.now()), followed[i].memory);
    }
    const auto kin = finder.find(owned_by[i], files[i].process, followed[i].memory);
    services[i].note = files[i].note;
    services[i].misfit = files[i].misfit;
    const auto hidden = owners.hidden().find(i);
    if (kin.main == nullptr && hidden != owners.hidden().end()) {
      services[i].unreadable = hidden_error(hidden->second);
    } else if (auto unread = find_unread_member(followed[i].members, table)) {
      services[i].unreadable = std::move(unread);
    } else {
      tell(i, kin, table, services[i]);
      add_details(host, i, kin, table, services[i]);
    }
  }
}

void ServiceMatcher::State::tell(std::size_t index, const Kin& kin, const Processes& table,
                                 ServiceProcesses& service) {
  sum_up(service, kin, table);
  followed[index].usage.add(kin.members, table);
  followed[index].members = service.members;
  if (kin.main == nullptr) return;
  service.is_installed = true;  // Whatever the files say.
  const auto unit = unit_of(kin.main->text->control_group);
  if (unit.empty() || !rules[index].lists_unit(unit)) return;
  service.unit = unit;
  followed[index].unit = unit;
}

/// What costs another file or two.
void ServiceMatcher::State::add_details(Host& host, std::size_t index, const Kin& kin, const Processes& table,
                                        ServiceProcesses& service) const {
  service.swap_bytes = read_swap_bytes(host, kin, table);
  service.descriptors_ratio = read_descriptors_ratio(host, rules[index].service(), kin);
  if (kin.main == nullptr) return;
  service.is_binary_stale = read_binary_is_stale(host, kin.main->identity.pid);
  const auto written_within = in_seconds(pid_file_written_within);
  service.is_pid_file_stale = service.misfit && age_seconds(*kin.main, table) > written_within;
}

void ServiceMatcher::State::add_ports(Host& host, std::span<const PortQuestion> questions,
                                      std::vector<ServiceProcesses>& services) const {
  for (const auto& question : questions) {
    if (question.service >= services.size() || services[question.service].unreadable) continue;
    auto& service = services[question.service];
    service.ports = look_at_ports(host, rules[question.service].service().probes, service.members, question);
  }
}

}  // namespace systemcheck
