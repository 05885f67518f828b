#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/unit_status.h"
#include "os/bus.h"
#include "os/bus_name.h"

namespace systemcheck {

/// Is the machine coming up, running, or going down? systemd does not announce it: its SystemState is
/// asked for whenever something happens that may change it. logind tells of a shutdown before it begins.
/// For one connection to the bus. Main thread.
class SystemState {
 public:
  using OnState = std::function<void(Manager)>;

  SystemState(Bus& bus, const BusName& systemd, OnState on_state);
  SystemState(const SystemState&) = delete;
  SystemState& operator=(const SystemState&) = delete;
  ~SystemState() = default;

  /// Asks systemd anew.
  void read();
  /// A job for this unit has begun or ended.
  void note_job(std::string_view unit);

 private:
  void read_shutdown();
  void tell();

  Bus& bus_;
  OnState on_state_;
  Manager state_ = Manager::absent;
  bool is_shutdown_prepared_ = false;
  Watch started_{};
  Watch prepares_{};
  std::unique_ptr<BusName> logind_{};
};

}  // namespace systemcheck
