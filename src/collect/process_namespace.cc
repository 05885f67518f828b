#include "collect/process_namespace.h"

namespace systemcheck {
namespace {

/// Empty where it cannot be read.
std::string read_namespace(Host& host, const std::string& process) {
  const auto path = "/proc/" + process + "/ns/pid";
  auto link = host.read_link(path.c_str());
  return link ? *std::move(link) : std::string{};
}

}  // namespace

bool ProcessNamespaces::is_elsewhere(Host& host, const Process& process) {
  const auto known = known_.find(process.identity);
  if (known != known_.end()) return known->second;
  if (own_.empty()) own_ = read_namespace(host, "self");
  const auto its = read_namespace(host, std::to_string(process.identity.pid));
  const bool is_elsewhere = !own_.empty() && !its.empty() && its != own_;
  known_.emplace(process.identity, is_elsewhere);
  return is_elsewhere;
}

void ProcessNamespaces::sweep(const Processes& table) {
  std::erase_if(known_, [&table](const auto& entry) {
    const auto* process = table.find(entry.first.pid);
    return process == nullptr || process->identity != entry.first;
  });
}

}  // namespace systemcheck
