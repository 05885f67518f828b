#include "os/dry_run_actuator.h"

#include <utility>

namespace systemcheck {

DryRunActuator::DryRunActuator(std::unique_ptr<Actuator> real, EventLoop& loop)
    : real_(std::move(real)), loop_(loop) {}

void DryRunActuator::begin(const Order& order, OnOutcome on_outcome) {
  const auto id = ++last_id_;
  const Outcome outcome{.ticket = order.ticket,
                        .kind = Outcome::Kind::refused,
                        .exit_code = 0,
                        .detail = "would " + real_->describe(order)};
  answers_[id] = loop_.at(loop_.now(), [this, id, outcome, on_outcome = std::move(on_outcome)] {
    const auto own = std::move(answers_.extract(id).mapped());
    on_outcome(outcome);
  });
}

}  // namespace systemcheck
