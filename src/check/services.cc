#include "check/services.h"

#include <fmt/core.h>

#include "base/text.h"

namespace systemcheck {
namespace {

std::string processes_words(std::size_t count) {
  return count == 1 ? "1 process" : fmt::format("{} processes", count);
}

ServiceFinding check_without_main(const Service& service, const ServiceProcesses& processes) {
  if (!processes.is_installed && service.processes.min > 0 && processes.members.empty()) {
    return {Presence::absent, "not installed here"};
  }
  if (service.processes.min == 0) return {Presence::present, "not running, as it may"};
  if (!processes.note.empty()) return {Presence::gone, printable(processes.note)};
  if (processes.members.empty()) return {Presence::gone, "no process of it is running"};
  return {Presence::gone,
          fmt::format("its main process is gone; {} left", processes_words(processes.members.size()))};
}

}  // namespace

ServiceFinding check_service(const Service& service, const ServiceProcesses& processes) {
  if (processes.unreadable) return {Presence::unknown, printable(processes.unreadable->message)};
  if (!processes.main) return check_without_main(service, processes);

  const auto count = processes.members.size();
  if (count < service.processes.min) {
    return {Presence::out_of_count,
            fmt::format("{} of at least {}", processes_words(count), service.processes.min)};
  }
  if (service.processes.max && count > *service.processes.max) {
    return {Presence::out_of_count,
            fmt::format("{}, at most {} allowed", processes_words(count), *service.processes.max)};
  }
  if (processes.is_pid_file_stale) return {Presence::stale_pid_file, printable(processes.note)};
  return {Presence::present, processes_words(count)};
}

}  // namespace systemcheck
