#include "check/services.h"

#include <gtest/gtest.h>

namespace systemcheck::test {
namespace {

Service service_with(std::uint32_t min, std::optional<std::uint32_t> max) {
  Service service;
  service.name = "httpd";
  service.processes = {.min = min, .max = max};
  return service;
}

ServiceProcesses processes_with(bool has_main, std::size_t members) {
  ServiceProcesses processes;
  processes.is_installed = true;
  for (std::size_t i = 0; i < members; ++i)
    processes.members.push_back({.pid = static_cast<pid_t>(100 + i), .start_ticks = 1});
  if (has_main) processes.main = processes.members.front();
  return processes;
}

TEST(CheckService, IsPresentWithItsMainProcess) {
  const auto finding = check_service(service_with(1, std::nullopt), processes_with(true, 7));
  EXPECT_EQ(finding.presence, Presence::present);
  EXPECT_EQ(finding.reason, "7 processes");
}

TEST(CheckService, WorkersWithoutTheirMainProcessAreNotTheService) {
  const auto finding = check_service(service_with(1, std::nullopt), processes_with(false, 5));
  EXPECT_EQ(finding.presence, Presence::gone);
  EXPECT_EQ(finding.reason, "its main process is gone; 5 processes left");
}

TEST(CheckService, CountsBothWays) {
  EXPECT_EQ(check_service(service_with(3, std::nullopt), processes_with(true, 2)).presence,
            Presence::out_of_count);
  EXPECT_EQ(check_service(service_with(1, 2), processes_with(true, 3)).presence, Presence::out_of_count);
  EXPECT_EQ(check_service(service_with(2, 3), processes_with(true, 3)).presence, Presence::present);
}

TEST(CheckService, WhatMayBeMissingIsNotMissed) {
  EXPECT_EQ(check_service(service_with(0, std::nullopt), processes_with(false, 0)).presence,
            Presence::present);
}

TEST(CheckService, NotInstalledIsAbsentNotGone) {
  auto processes = processes_with(false, 0);
  processes.is_installed = false;
  EXPECT_EQ(check_service(service_with(1, std::nullopt), processes).presence, Presence::absent);
}

TEST(CheckService, UnreadableIsUnknownWhateverElseIsThere) {
  auto processes = processes_with(true, 1);
  processes.unreadable = Error{Error::Kind::denied, "/proc/1/exe: permission denied"};
  const auto finding = check_service(service_with(1, std::nullopt), processes);
  EXPECT_EQ(finding.presence, Presence::unknown);
  EXPECT_EQ(finding.reason, "/proc/1/exe: permission denied");
}

TEST(CheckService, AStalePidFileIsAFindingOfItsOwn) {
  auto processes = processes_with(true, 1);
  processes.note = "the pid file names 7, which is not running";
  EXPECT_EQ(check_service(service_with(1, std::nullopt), processes).presence, Presence::present)
      << "it may be about to be written";
  processes.is_pid_file_stale = true;
  const auto finding = check_service(service_with(1, std::nullopt), processes);
  EXPECT_EQ(finding.presence, Presence::stale_pid_file);
  EXPECT_EQ(finding.reason, "the pid file names 7, which is not running");
  processes.main.reset();
  EXPECT_EQ(check_service(service_with(1, std::nullopt), processes).presence, Presence::gone);
}

TEST(CheckService, HostileNotesAreMadePrintable) {
  auto processes = processes_with(false, 0);
  processes.note = "the pid file names 7, which is foo\n\x1b[31m";
  EXPECT_EQ(check_service(service_with(1, std::nullopt), processes).reason,
            "the pid file names 7, which is foo\\x0a\\x1b[31m");
}

}  // namespace
}  // namespace systemcheck::test
