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
  ServiceUsage usage{};
  std::vector<ProcessIdentity> members{};  ///< when last told
};

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

  std::vector<ServiceProcesses> look_for_installations(Host& host);
  std::vector<PidFile> read_pid_files(Host& host, const Processes& table) const;
  void tell_apart(Host& host, const Processes& table, std::vector<ServiceProcesses>& services);
  void tell(std::size_t index, const Kin& kin, const Processes& table, ServiceProcesses& service);
};

ServiceMatcher::ServiceMatcher(std::span<const Service> services) : state_(std::make_unique<State>()) {
  for (const auto& service : services)
    state_->rules.emplace_back(service);
  state_->followed.resize(services.size());
}

ServiceMatcher::~ServiceMatcher() = default;

std::vector<ServiceProcesses> ServiceMatcher::match(Host& host, const Result<Processes>& table) {
  auto services = state_->look_for_installations(host);
  if (table) {
    state_->ticks_per_second = table->ticks_per_second;
    state_->tell_apart(host, *table, services);
  }
  for (std::size_t i = 0; i < services.size(); ++i) {
    if (!table) services[i].unreadable = table.error();
    copy_usage(services[i], state_->followed[i].usage, state_->ticks_per_second);
  }
  return services;
}

const std::vector<pid_t>& ServiceMatcher::owned() const { return state_->owned; }

std::vector<ServiceProcesses> ServiceMatcher::State::look_for_installations(Host& host) {
  std::vector<ServiceProcesses> services(rules.size());
  for (std::size_t i = 0; i < rules.size(); ++i) {
    auto installation = look_for(host, rules[i].service());
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

void ServiceMatcher::State::tell_apart(Host& host, const Processes& table,
                                       std::vector<ServiceProcesses>& services) {
  const auto files = read_pid_files(host, table);
  Circumstances circumstances{.is_systemd = is_systemd_here(host),
                              .are_we_in_container = are_we_in_container(host)};
  for (std::size_t i = 0; i < files.size(); ++i) {
    if (files[i].process) circumstances.named.emplace(files[i].process->pid, i);
  }
  for (std::size_t i = 0; i < rules.size(); ++i) {
    followed[i].memory.sweep(table);
    followed[i].memory.tell(i, circumstances);
  }
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
    const auto kin = finder.find(owned_by[i], files[i].process, followed[i].memory);
    services[i].note = files[i].note;
    const auto hidden = owners.hidden().find(i);
    if (kin.main == nullptr && hidden != owners.hidden().end()) {
      services[i].unreadable = hidden_error(hidden->second);
    } else if (auto unread = find_unread_member(followed[i].members, table)) {
      services[i].unreadable = std::move(unread);
    } else {
      tell(i, kin, table, services[i]);
      services[i].swap_bytes = read_swap_bytes(host, kin, table);
      services[i].descriptors_ratio = read_descriptors_ratio(host, rules[i].service(), kin);
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
  if (service.unit.empty() && rules[index].lists_unit(unit)) service.unit = unit;
}

}  // namespace systemcheck
