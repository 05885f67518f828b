#include "daemon/footprints.h"

#include <memory>
#include <utility>

#include "base/text.h"
#include "collect/footprint.h"
#include "decide/shed_protection.h"
#include "os/own_line.h"

namespace systemcheck {
namespace {

/// Of more processes not all are asked which program they run: workers run what their parent does.
constexpr std::size_t asked_processes_max = 64;

std::optional<int> oom_score_adjust(Host& host, pid_t process) {
  const auto text = host.read_file("/proc/" + std::to_string(process) + "/oom_score_adj", 16);
  if (!text) return std::nullopt;
  auto rest = std::string_view(*text);
  return parse_number<int>(take_line(rest));
}

Footprint measured(Host& host, const MeasuredService& service, const MemoryRules& rules) {
  Footprint footprint;
  const auto bytes = read_footprint(host, service.control_group, service.members);
  if (bytes) footprint.bytes = static_cast<double>(*bytes);
  std::vector<pid_t> processes;
  std::vector<std::string> programs;
  std::optional<int> least;
  for (const auto& member : service.members) {
    processes.push_back(member.pid);
    if (processes.size() > asked_processes_max) continue;
    const auto path = "/proc/" + std::to_string(member.pid) + "/exe";
    if (auto program = host.read_link(path.c_str())) programs.push_back(*std::move(program));
    const auto score = oom_score_adjust(host, member.pid);
    if (score && (!least || *score < *least)) least = score;
  }
  footprint.protection = shed_protection(rules, {.unit = service.unit,
                                                 .programs = programs,
                                                 .processes = processes,
                                                 .own_line = own_line(),
                                                 .oom_score_adjust = least});
  return footprint;
}

}  // namespace

void Footprints::measure(std::vector<MeasuredService> services, const MemoryRules& rules) {
  if (is_measuring_) return;
  is_measuring_ = true;
  began_ = world_.loop.now();
  auto job = world_.loop.aside([this, services = std::move(services), rules, &host = world_.host] {
    auto found = std::make_shared<Found>();
    for (const auto& service : services)
      found->insert_or_assign(service.name, measured(host, service, rules));
    return [this, found] { take(std::move(*found)); };
  });
  if (job) {
    job_ = *std::move(job);
  } else {
    is_measuring_ = false;
  }
}

void Footprints::take(Found found) {
  is_measuring_ = false;
  found_ = std::move(found);
  on_measured_();
}

const Footprint* Footprints::find(const std::string& service) const {
  const auto found = found_.find(service);
  return found == found_.end() ? nullptr : &found->second;
}

}  // namespace systemcheck
