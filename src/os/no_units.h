#pragma once

#include <string>

#include "os/units.h"

namespace systemcheck {

/// A machine without systemd, or a root that is not this machine's.
class NoUnits : public Units {
 public:
  Watch watch(std::span<const std::string>, OnUnit) override { return {}; }
  void refresh(const std::string&) override {}
  [[nodiscard]] Manager manager() const override { return Manager::absent; }
  Watch on_manager(std::function<void(Manager)>) override { return {}; }
  void run_job(const std::string&, const std::string&, OnDone on_done) override { on_done(none()); }
  void kill(const std::string&, OnDone on_done) override { on_done(none()); }
  void reset_failed(const std::string&, OnDone on_done) override { on_done(none()); }
  void adopt(pid_t, const std::string&, OnDone on_done) override { on_done(none()); }

 private:
  static Error none() { return {Error::Kind::not_found, "there is no systemd here"}; }
};

}  // namespace systemcheck
