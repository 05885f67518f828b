#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "collect/services.h"
#include "config/config.h"
#include "support/fake_look.h"

namespace systemcheck::test {

/// A machine under systemd on which services run and are told apart, look after look.
class ServiceWorld : public FakeLook {
 public:
  explicit ServiceWorld(std::vector<Service> services) : services_(std::move(services)) {
    host.write("/run/systemd/system/.keep", "");
    host.name_user(33, "www-data");
    host.add_process({.pid = 1,
                      .parent = 0,
                      .comm = "systemd",
                      .cmdline = "/sbin/init",
                      .executable = "/usr/lib/systemd/systemd",
                      .control_group = "/init.scope",
                      .session = 1});
  }

  /// A machine without systemd: a container, or another init.
  void forget_systemd() { host.remove("/run/systemd/system"); }
  void install_unit(const std::string& unit) { host.write("/usr/lib/systemd/system/" + unit, "[Service]\n"); }
  void install(const std::string& executable) { host.write(executable, "ELF"); }

  /// A minute goes by, then all services are looked at.
  std::vector<ServiceProcesses> look_again() {
    host.advance(std::chrono::minutes{1});
    return look_now();
  }
  std::vector<ServiceProcesses> look_now(std::span<const MainCrash> crashes = {},
                                         std::span<const PortQuestion> ports = {}) {
    if (!matcher_) matcher_ = std::make_unique<ServiceMatcher>(services_);
    return matcher_->match(host, Processes::collect(look), crashes, ports);
  }

 private:
  std::vector<Service> services_;
  std::unique_ptr<ServiceMatcher> matcher_{};
};

inline std::vector<pid_t> pids_of(const ServiceProcesses& service) {
  std::vector<pid_t> pids;
  for (const auto& member : service.members)
    pids.push_back(member.pid);
  return pids;
}

/// 0 without one.
inline pid_t main_pid(const ServiceProcesses& service) { return service.main ? service.main->pid : 0; }

}  // namespace systemcheck::test
