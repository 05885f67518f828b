#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "os/actuator.h"
#include "os/child.h"
#include "os/event_loop.h"
#include "os/leftovers.h"
#include "os/order_plan.h"
#include "os/units.h"

namespace systemcheck {

/// Starts and stops services: by their own commands, else through systemd. Any number of services at the
/// same time, one order each. Main thread.
///
/// With systemd at hand a command is moved into a scope of its own before it runs, so that the daemon
/// which it starts does not live in our control group and end with us. Without, it stays where we are:
/// there is nobody to ask, and nobody who would end a control group.
class LinuxActuator final : public Actuator {
 public:
  /// Daemons that inherited the output of their start command, and are still listened to.
  static constexpr std::size_t outputs_max = 64;
  /// A parent that never reaps its dead child must not keep a service down: then it is started all the same.
  static constexpr Duration reaped_within = std::chrono::milliseconds{500};

  /// What is asked before something is done has this long to answer.
  static constexpr Duration policy_within = std::chrono::seconds{5};
  static constexpr Duration check_within = std::chrono::seconds{20};
  /// A policy-rc.d that is older was not put there for an upgrade that is under way: container images come
  /// with one that forbids everything, for good.
  static constexpr Duration policy_counts_for = std::chrono::minutes{30};

  /// Both outlive it.
  LinuxActuator(std::vector<ServiceControl> services, EventLoop& loop, Units& units,
                std::string policy_program = "/usr/sbin/policy-rc.d");
  LinuxActuator(const LinuxActuator&) = delete;
  LinuxActuator& operator=(const LinuxActuator&) = delete;
  /// Orders in flight are given up without an outcome; their commands are killed.
  ~LinuxActuator() override;

  void begin(const Order& order, OnOutcome on_outcome) override;
  void cancel(Ticket ticket) override;
  [[nodiscard]] std::string describe(const Order& order) const override;

 private:
  /// An order in flight.
  struct Run {
    Order order{};
    OnOutcome on_outcome{};
    Instant deadline{};
    std::deque<Step> steps{};
    std::unique_ptr<Child> child{};
    std::unique_ptr<Leftovers> leftovers{};
    Watch timer{};
    bool is_cancelled = false;
    std::string detail{};  ///< what the last command said
    std::string output{};  ///< and all of its end
    std::optional<Outcome> outcome{};
  };
  using RunId = std::uint64_t;

  [[nodiscard]] Result<std::vector<Step>> plan(const Order& order) const;
  Run* find(RunId id);
  void take_step(RunId id);
  void begin_step(RunId id, const RunCommand& step);
  void begin_step(RunId id, const CheckConfiguration& step);
  void begin_step(RunId id, const AskPolicy& step);
  [[nodiscard]] bool has_policy() const;
  void ask(RunId id, const Argv& argv, Duration within, Child::OnEnd on_answer);
  void note_check(RunId id, const CommandEnd& end);
  void note_policy(RunId id, const AskPolicy& step, const CommandEnd& end);
  void refuse_later(RunId id, Outcome::Refusal refusal, std::string detail, int exit_code);
  void adopt(RunId id);
  void begin_step(RunId id, const RunJob& step);
  void run_job(RunId id, const RunJob& step);
  void begin_step(RunId id, const KillUnit& step);
  void begin_step(RunId id, const EndLeftovers& step);
  void begin_step(RunId id, const SeeReaped& step);
  void see_reaped(RunId id, ProcessIdentity process, Instant until);
  void note_command(RunId id, bool may_fail, const CommandEnd& end);
  void note_failed_command(RunId id, const CommandEnd& end);
  void note_job(RunId id, bool may_fail, const Status& status);
  void note_leftovers_gone(RunId id);
  void keep_output(Child& child);
  void end_later(RunId id, Outcome::Kind kind, std::string detail, int exit_code = 0);
  [[nodiscard]] OnDone guarded(OnDone on_done) const;

  const std::vector<ServiceControl> services_;
  EventLoop& loop_;
  Units& units_;
  /// The owner's word on what maintainer scripts may start, deb-systemd-invoke(1p) and invoke-rc.d(8).
  const std::string policy_program_;
  RunId last_id_ = 0;
  std::map<RunId, Run> runs_{};
  std::deque<std::unique_ptr<OutputTail>> outputs_{};
  std::shared_ptr<bool> self_ = std::make_shared<bool>(true);  ///< that we are here, see guarded()
};

}  // namespace systemcheck
