#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "os/actuator.h"
#include "os/event_loop.h"

namespace systemcheck {

/// Says what another actuator would do, and does not let it: every order is answered with refused and
/// "would …". Main thread.
class DryRunActuator final : public Actuator {
 public:
  DryRunActuator(std::unique_ptr<Actuator> real, EventLoop& loop);

  void begin(const Order& order, OnOutcome on_outcome) override;
  void cancel(Ticket) override {}  // Its answer is on the way.
  [[nodiscard]] std::string describe(const Order& order) const override { return real_->describe(order); }

 private:
  std::unique_ptr<Actuator> real_;
  EventLoop& loop_;
  std::uint64_t last_id_ = 0;
  std::map<std::uint64_t, Watch> answers_{};
};

}  // namespace systemcheck
