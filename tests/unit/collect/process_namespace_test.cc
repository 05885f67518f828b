#include "collect/process_namespace.h"

#include <gtest/gtest.h>

#include "support/service_world.h"

namespace systemcheck::test {
namespace {

Service web_server() {
  return {.name = "web",
          .match = {.executables = {"/usr/sbin/httpd"}, .user = "root"},
          .processes = {.min = 1, .max = std::nullopt}};
}

FakeProcess server(pid_t pid, const std::string& control_group) {
  return {.pid = pid,
          .cmdline = "/usr/sbin/httpd -DFOREGROUND",
          .executable = "/usr/sbin/httpd",
          .control_group = control_group};
}

/// A machine that knows of process namespaces.
class NamespaceWorld : public ServiceWorld {
 public:
  explicit NamespaceWorld(Service service = web_server()) : ServiceWorld({std::move(service)}) {
    host.link("/proc/self/ns/pid", "pid:[1]");
  }
  void add(pid_t pid, const std::string& space,
           const std::string& control_group = "/user.slice/session-1.scope") {
    host.add_process(server(pid, control_group));
    host.link("/proc/" + std::to_string(pid) + "/ns/pid", space);
  }
};

TEST(ProcessNamespaces, AContainersProcessIsNotOursWhateverItsControlGroupIs) {
  NamespaceWorld world;
  world.add(50, "pid:[2]");
  EXPECT_EQ(main_pid(world.look_again()[0]), 0);
  world.add(60, "pid:[1]");
  EXPECT_EQ(main_pid(world.look_again()[0]), 60);
}

TEST(ProcessNamespaces, AContainersProcessIsNotOursAlsoInAPidFile) {
  auto service = web_server();
  service.match.pidfile = "/run/web.pid";
  NamespaceWorld world(service);
  world.add(50, "pid:[2]");
  world.host.write("/run/web.pid", "50\n");
  const auto services = world.look_again();
  EXPECT_EQ(main_pid(services[0]), 0);
  EXPECT_EQ(services[0].note, "the pid file names 50, which lives in a container");
  EXPECT_EQ(services[0].misfit, (PidFileMisfit{.kind = Misfit::stranger, .pid = 50}));
}

TEST(ProcessNamespaces, AUnitMayHaveOneOfItsOwn) {
  auto service = web_server();
  service.match.units = {"httpd.service"};
  NamespaceWorld world(service);
  world.add(50, "pid:[2]", "/system.slice/httpd.service");
  EXPECT_EQ(main_pid(world.look_again()[0]), 50);
}

TEST(ProcessNamespaces, WhatCannotBeReadIsTakenForOurs) {
  NamespaceWorld world;
  world.host.add_process(server(50, "/"));
  EXPECT_EQ(main_pid(world.look_again()[0]), 50);
}

TEST(ProcessNamespaces, AreReadOnceForAProcessAndOnlyOfCandidates) {
  NamespaceWorld world;
  world.add(50, "pid:[1]");
  world.host.add_process({.pid = 70, .cmdline = "cron", .executable = "/usr/sbin/cron"});
  world.look_again();
  world.look_again();
  Process process{.identity = {.pid = 50, .start_ticks = 1000}};
  ProcessNamespaces namespaces;
  world.host.reset_counts();
  for (int i = 0; i < 10; ++i)
    EXPECT_FALSE(namespaces.is_elsewhere(world.host, process));
  EXPECT_EQ(world.host.counts.links, 2U) << "its own and that of the process";
}

TEST(ProcessNamespaces, ForgetThoseThatHaveEnded) {
  NamespaceWorld world;
  world.add(50, "pid:[2]");
  auto table = Processes::collect(world.look);
  ASSERT_TRUE(table);
  ProcessNamespaces namespaces;
  EXPECT_TRUE(namespaces.is_elsewhere(world.host, *table->find(50)));
  world.host.end_process(50);
  table = Processes::collect(world.look);
  ASSERT_TRUE(table);
  namespaces.sweep(*table);
  EXPECT_EQ(namespaces.size(), 0U);
}

}  // namespace
}  // namespace systemcheck::test
