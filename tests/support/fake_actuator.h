#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "os/actuator.h"
#include "support/fake_loop.h"

namespace systemcheck::test {

/// Carries orders out on services that exist only in the test: the command answers after a while of
/// virtual time, and the service comes up (or goes) a while after that. Lives no longer than its loop.
class FakeActuator final : public Actuator {
 public:
  /// How one service behaves from now on.
  struct Service {
    bool is_up = true;
    Duration command_takes = std::chrono::milliseconds{50};
    Duration comes_up_after = std::chrono::milliseconds{200};  ///< once the command has said so
    Outcome::Kind answer = Outcome::Kind::succeeded;           ///< anything else: nothing happens to it
    int exit_code = 0;
    std::string detail{};
    Outcome::Refusal refusal = Outcome::Refusal::none;
    bool hangs = false;           ///< no answer before the deadline: timed_out
    bool never_comes_up = false;  ///< the command lies
  };

  using Services = std::map<std::size_t, Service>;

  /// Services that shall outlive it are given.
  explicit FakeActuator(FakeLoop& loop, std::shared_ptr<Services> services = std::make_shared<Services>())
      : loop_(loop), services_(std::move(services)) {}

  void begin(const Order& order, OnOutcome on_outcome) override {
    orders.push_back(order);
    if (on_order) on_order(order);
    auto& service = (*services_)[order.service];
    if (is_busy(order.service)) return end_at(loop_.now(), order, busy(order), std::move(on_outcome));
    if (service.hangs) return end_at(loop_.now() + order.deadline, order, late(order), std::move(on_outcome));
    end_at(loop_.now() + service.command_takes, order, answer(order, service), std::move(on_outcome));
  }
  void cancel(Ticket ticket) override {
    cancelled.push_back(ticket);
    for (auto& [id, run] : running_) {
      if (run.order.ticket != ticket || run.outcome.kind == Outcome::Kind::lost) continue;
      run.outcome = {.ticket = ticket, .kind = Outcome::Kind::lost, .exit_code = 0, .detail = "cancelled"};
      run.timer = loop_.at(loop_.now(), [this, id = id] { finish(id); });
    }
  }
  [[nodiscard]] std::string describe(const Order& order) const override {
    return "order " + std::to_string(order.ticket);
  }

  // What a test does.

  Service& service(std::size_t index) { return (*services_)[index]; }
  /// An order is in flight, or its service has not come up yet.
  [[nodiscard]] bool is_settling(std::size_t index) const {
    const auto change = changes_.find(index);
    return is_busy(index) || (change != changes_.end() && change->second.is_set());
  }
  /// Orders without an outcome.
  [[nodiscard]] std::size_t in_flight() const { return running_.size(); }

  /// Called when a service comes up or goes: lets a fake process table follow.
  std::function<void(std::size_t service, bool is_up)> on_change{};
  std::function<void(const Order&)> on_order{};
  std::vector<Order> orders{};
  std::vector<Ticket> cancelled{};

 private:
  struct Run {
    Order order{};
    Outcome outcome{};
    OnOutcome on_outcome{};
    Watch timer{};
  };

  static Outcome busy(const Order& order) {
    return {.ticket = order.ticket,
            .kind = Outcome::Kind::refused,
            .exit_code = 0,
            .detail = "an order is in flight"};
  }
  static Outcome late(const Order& order) {
    return {.ticket = order.ticket,
            .kind = Outcome::Kind::timed_out,
            .exit_code = 0,
            .detail = "no end before the deadline"};
  }
  static Outcome answer(const Order& order, const Service& service) {
    const bool is_policy_passed_by = service.refusal == Outcome::Refusal::policy && !order.asks_policy;
    if (is_policy_passed_by) return {.ticket = order.ticket, .kind = Outcome::Kind::succeeded};
    return {.ticket = order.ticket,
            .kind = service.answer,
            .exit_code = service.exit_code,
            .detail = service.detail,
            .refusal = service.refusal};
  }

  bool is_busy(std::size_t index) const {
    for (const auto& [id, run] : running_) {
      if (run.order.service == index) return true;
    }
    return false;
  }
  void end_at(Instant when, const Order& order, Outcome outcome, OnOutcome on_outcome) {
    const auto id = ++last_id_;
    auto& run = running_[id];
    run.order = order;
    run.outcome = std::move(outcome);
    run.on_outcome = std::move(on_outcome);
    run.timer = loop_.at(when, [this, id] { finish(id); });
  }
  void finish(std::uint64_t id) {
    const auto run = std::move(running_.extract(id).mapped());
    if (run.outcome.kind == Outcome::Kind::succeeded) take_effect(run.order);
    run.on_outcome(run.outcome);
  }
  void take_effect(const Order& order) {
    const auto index = order.service;
    const auto& service = (*services_)[index];
    changes_.erase(index);  // What an older order was about to bring about.
    if (order.verb != Verb::start) become(index, false);
    if (order.verb == Verb::stop || order.verb == Verb::kill || service.never_comes_up) return;
    changes_[index] = loop_.at(loop_.now() + service.comes_up_after, [this, index] { become(index, true); });
  }
  void become(std::size_t index, bool is_up) {
    changes_[index].cancel();
    if (std::exchange((*services_)[index].is_up, is_up) != is_up && on_change) on_change(index, is_up);
  }

  FakeLoop& loop_;
  std::shared_ptr<Services> services_;
  std::map<std::uint64_t, Run> running_{};
  std::map<std::size_t, Watch> changes_{};
  std::uint64_t last_id_ = 0;
};

}  // namespace systemcheck::test
