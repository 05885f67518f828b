#include "os/linux_actuator.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <utility>

#include "base/text.h"
#include "os/pidfd.h"

namespace systemcheck {
namespace {

constexpr Duration reaped_poll = std::chrono::milliseconds{2};

std::string_view last_line(std::string_view text) {
  std::string_view last;
  while (!text.empty()) {
    const auto line = take_line(text);
    if (line.find_first_not_of(" \t\r") != std::string_view::npos) last = line;
  }
  return last;
}

std::string describe_exit(int exit_code) {
  if (exit_code < 0) return "ended by signal " + std::to_string(-exit_code);
  return "exit status " + std::to_string(exit_code);
}

std::string describe_end(const std::string& what, const CommandEnd& end) {
  const auto line = last_line(end.output);
  return line.empty() ? what : what + ": " + printable(line);
}

Outcome::Kind kind_of_start_error(const Error& error) {
  return error.kind == Error::Kind::refused ? Outcome::Kind::refused : Outcome::Kind::failed;
}

Outcome::Kind kind_of_job_error(const Error& error) {
  switch (error.kind) {
    case Error::Kind::timed_out:
      return Outcome::Kind::timed_out;
    case Error::Kind::refused:
    case Error::Kind::denied:
      return Outcome::Kind::refused;
    case Error::Kind::not_found:
      return Outcome::Kind::lost;
    case Error::Kind::malformed:
    case Error::Kind::failed:
      return Outcome::Kind::failed;
  }
  return Outcome::Kind::failed;
}

bool is_there(const std::string& program) { return ::access(program.c_str(), X_OK) == 0; }

/// Unique as long as the scope may live: a daemon in it may outlive the pid of its start command.
std::string scope_name(const std::string& service, pid_t pid, Ticket ticket) {
  constexpr std::size_t name_bytes_max = 100;  // A unit name has at most 255, systemd.unit(5).
  auto name = service.substr(0, name_bytes_max);
  std::ranges::replace_if(
      name, [](unsigned char c) { return std::isalnum(c) == 0 || c > 0x7F; }, '_');
  return "systemcheck-" + name + "-" + std::to_string(pid) + "-" + std::to_string(ticket) + ".scope";
}

}  // namespace

LinuxActuator::LinuxActuator(std::vector<ServiceControl> services, EventLoop& loop, Units& units,
                             std::string policy_program)
    : services_(std::move(services)),
      loop_(loop),
      units_(units),
      policy_program_(std::move(policy_program)) {}

LinuxActuator::~LinuxActuator() = default;

void LinuxActuator::begin(const Order& order, OnOutcome on_outcome) {
  auto steps = plan(order);
  const RunId id = ++last_id_;
  auto& run = runs_[id];
  run.order = order;
  run.on_outcome = std::move(on_outcome);
  run.deadline = loop_.now() + order.deadline;
  if (!steps) return end_later(id, Outcome::Kind::refused, steps.error().message);
  run.steps.assign(steps->begin(), steps->end());
  take_step(id);
}

void LinuxActuator::cancel(Ticket ticket) {
  for (auto& [id, run] : runs_) {
    if (run.order.ticket != ticket || run.outcome || run.is_cancelled) continue;
    run.is_cancelled = true;
    if (run.child) return run.child->end();
    return end_later(id, Outcome::Kind::lost, "cancelled");
  }
}

std::string LinuxActuator::describe(const Order& order) const {
  if (order.service >= services_.size()) return "do nothing: no such service";
  const auto steps = plan_order(services_[order.service], order);
  return steps ? describe_steps(*steps) : "do nothing: " + steps.error().message;
}

Result<std::vector<Step>> LinuxActuator::plan(const Order& order) const {
  if (order.service >= services_.size()) return Error{Error::Kind::refused, "no such service"};
  const auto& service = services_[order.service];
  const bool is_busy = std::ranges::any_of(
      runs_, [&order](const auto& entry) { return entry.second.order.service == order.service; });
  if (is_busy) return Error{Error::Kind::refused, service.name + ": another order is in flight"};
  return plan_order(service, order);
}

/// Nothing for one that has its outcome already: answers that come too late are not listened to.
LinuxActuator::Run* LinuxActuator::find(RunId id) {
  const auto found = runs_.find(id);
  return found == runs_.end() || found->second.outcome ? nullptr : &found->second;
}

void LinuxActuator::take_step(RunId id) {
  auto& run = runs_.at(id);
  if (run.steps.empty()) return end_later(id, Outcome::Kind::succeeded, run.detail);
  const Step step = std::move(run.steps.front());
  run.steps.pop_front();
  std::visit([this, id](const auto& it) { begin_step(id, it); }, step);
}

void LinuxActuator::begin_step(RunId id, const RunCommand& step) {
  auto& run = runs_.at(id);
  const bool adopts = units_.manager() != Manager::absent;
  const auto left = run.deadline - loop_.now();
  const Command command{.argv = step.argv,
                        .deadline = step.may_fail ? std::min(run.order.stop_within, left / 2) : left,
                        .waits_for_admission = adopts,
                        .sees_first_mounts = adopts};
  auto child = Child::start(loop_, command, [this, id, may_fail = step.may_fail](const CommandEnd& end) {
    note_command(id, may_fail, end);
  });
  if (!child) return end_later(id, kind_of_start_error(child.error()), child.error().message);
  run.child = *std::move(child);
  if (adopts) adopt(id);
}

void LinuxActuator::begin_step(RunId id, const CheckConfiguration& step) {
  const auto found =
      std::ranges::find_if(step.candidates, [](const Argv& it) { return is_there(it.front()); });
  if (found == step.candidates.end()) return take_step(id);
  ask(id, *found, check_within, [this, id](const CommandEnd& end) { note_check(id, end); });
}

void LinuxActuator::begin_step(RunId id, const AskPolicy& step) {
  if (!has_policy()) return take_step(id);
  ask(id, {policy_program_, step.subject, step.action}, policy_within,
      [this, id, step](const CommandEnd& end) { note_policy(id, step, end); });
}

bool LinuxActuator::has_policy() const {
  struct stat file {};
  if (!is_there(policy_program_) || ::stat(policy_program_.c_str(), &file) != 0) return false;
  const WallTime changed{std::chrono::seconds{file.st_mtim.tv_sec}};
  const auto now = loop_.wall_now();
  return (now > changed ? now - changed : changed - now) < policy_counts_for;
}

/// It starts nothing that would outlive it, so it may stay in our own control group.
void LinuxActuator::ask(RunId id, const Argv& argv, Duration within, Child::OnEnd on_answer) {
  auto& run = runs_.at(id);
  const auto left = run.deadline - loop_.now();
  const Command command{.argv = argv,
                        .deadline = std::min(within, left / 2),
                        .sees_first_mounts = units_.manager() != Manager::absent};
  auto child = Child::start(loop_, command, std::move(on_answer));
  if (!child) return end_later(id, kind_of_start_error(child.error()), child.error().message);
  run.child = *std::move(child);
}

/// Only a check that says no forbids: one that hangs or cannot be run has said nothing about the
/// configuration.
void LinuxActuator::note_check(RunId id, const CommandEnd& end) {
  auto& run = runs_.at(id);
  const auto child = std::move(run.child);
  if (run.is_cancelled) return end_later(id, Outcome::Kind::lost, "cancelled", end.exit_code);
  const bool says_no = end.kind == CommandEnd::Kind::exited && end.exit_code > 0;
  if (!says_no) return take_step(id);
  refuse_later(id, Outcome::Refusal::config_invalid,
               describe_end("config_invalid: " + describe_exit(end.exit_code), end), end.exit_code);
}

void LinuxActuator::note_policy(RunId id, const AskPolicy& step, const CommandEnd& end) {
  constexpr int forbidden = 101;  // invoke-rc.d(8)
  auto& run = runs_.at(id);
  const auto child = std::move(run.child);
  if (run.is_cancelled) return end_later(id, Outcome::Kind::lost, "cancelled", end.exit_code);
  const bool is_forbidden = end.kind == CommandEnd::Kind::exited && end.exit_code == forbidden;
  if (!is_forbidden) return take_step(id);
  refuse_later(id, Outcome::Refusal::policy,
               policy_program_ + " forbids to " + step.action + " " + step.subject, forbidden);
}

void LinuxActuator::refuse_later(RunId id, Outcome::Refusal refusal, std::string detail, int exit_code) {
  end_later(id, Outcome::Kind::refused, std::move(detail), exit_code);
  runs_.at(id).outcome->refusal = refusal;
}

void LinuxActuator::adopt(RunId id) {
  const auto& run = runs_.at(id);
  const auto scope = scope_name(services_[run.order.service].name, run.child->pid(), run.order.ticket);
  // It goes on whatever the answer: in our own control group rather than not at all.
  units_.adopt(run.child->pid(), scope, guarded([this, id](const Status&) {
                 if (const auto* found = find(id); found != nullptr && found->child) found->child->admit();
               }));
}

void LinuxActuator::begin_step(RunId id, const RunJob& step) {
  auto& run = runs_.at(id);
  run.timer = loop_.at(run.deadline, [this, id, what = step.verb + " " + step.unit] {
    end_later(id, Outcome::Kind::timed_out, what + ": systemd has not finished it in time");
  });
  if (step.verb == "stop") return run_job(id, step);
  // Else a unit that has failed too often is not started: start-limit-hit. No harm in any other state,
  // and what is wrong with the unit itself the job will say.
  units_.reset_failed(step.unit, guarded([this, id, step](const Status&) {
                        if (find(id) != nullptr) run_job(id, step);
                      }));
}

void LinuxActuator::run_job(RunId id, const RunJob& step) {
  units_.run_job(step.unit, step.verb, guarded([this, id, may_fail = step.may_fail](const Status& status) {
                   note_job(id, may_fail, status);
                 }));
}

void LinuxActuator::begin_step(RunId id, const KillUnit& step) {
  runs_.at(id).timer = loop_.at(runs_.at(id).deadline, [this, id, unit = step.unit] {
    end_later(id, Outcome::Kind::timed_out, "kill " + unit + ": no answer from systemd");
  });
  constexpr bool may_fail = true;  // systemd complains where there is nothing left to kill.
  units_.kill(step.unit, guarded([this, id](const Status& status) { note_job(id, may_fail, status); }));
}

void LinuxActuator::begin_step(RunId id, const EndLeftovers& step) {
  auto& run = runs_.at(id);
  run.timer = loop_.at(run.deadline, [this, id] {
    const auto& late = runs_.at(id);
    end_later(id, Outcome::Kind::timed_out, "leftover processes do not end: " + late.leftovers->describe());
  });
  run.leftovers =
      Leftovers::end(loop_, step.processes, step.kill_after, [this, id] { note_leftovers_gone(id); });
}

void LinuxActuator::begin_step(RunId id, const SeeReaped& step) {
  see_reaped(id, step.process, loop_.now() + reaped_within);
}

/// Asked again and again: the kernel tells nobody but the parent when a zombie goes.
void LinuxActuator::see_reaped(RunId id, ProcessIdentity process, Instant until) {
  const auto start_ticks = read_start_ticks(process.pid);
  const bool is_there = start_ticks && *start_ticks == process.start_ticks;
  if (!is_there || loop_.now() >= until) return take_step(id);
  runs_.at(id).timer =
      loop_.at(loop_.now() + reaped_poll, [this, id, process, until] { see_reaped(id, process, until); });
}

void LinuxActuator::note_command(RunId id, bool may_fail, const CommandEnd& end) {
  auto& run = runs_.at(id);
  const auto child = std::move(run.child);
  keep_output(*child);
  if (run.is_cancelled) return end_later(id, Outcome::Kind::lost, "cancelled", end.exit_code);
  const bool is_good = end.kind == CommandEnd::Kind::exited && end.exit_code == 0;
  run.output = end.output;
  run.detail = is_good ? printable(last_line(end.output)) : run.detail;
  if (is_good || may_fail) return take_step(id);
  note_failed_command(id, end);
}

void LinuxActuator::note_failed_command(RunId id, const CommandEnd& end) {
  switch (end.kind) {
    case CommandEnd::Kind::could_not_start:
      return end_later(id, Outcome::Kind::failed, end.problem, end.exit_code);
    case CommandEnd::Kind::ended_by_us:
      return end_later(id, Outcome::Kind::timed_out, describe_end("ended: its time was up", end),
                       end.exit_code);
    case CommandEnd::Kind::exited:
      return end_later(id, Outcome::Kind::failed, describe_end(describe_exit(end.exit_code), end),
                       end.exit_code);
  }
}

void LinuxActuator::note_job(RunId id, bool may_fail, const Status& status) {
  auto* run = find(id);
  if (run == nullptr) return;
  run->timer.cancel();
  if (!status && !may_fail) return end_later(id, kind_of_job_error(status.error()), status.error().message);
  take_step(id);
}

void LinuxActuator::note_leftovers_gone(RunId id) {
  auto& run = runs_.at(id);
  run.timer.cancel();
  const auto leftovers = std::move(run.leftovers);
  take_step(id);
}

void LinuxActuator::keep_output(Child& child) {
  std::erase_if(outputs_, [](const auto& output) { return output->has_ended(); });
  auto output = child.take_output();
  if (output->has_ended()) return;
  outputs_.push_back(std::move(output));
  if (outputs_.size() > outputs_max) outputs_.pop_front();
}

/// One turn of the loop later, because begin() and cancel() promise not to call back.
void LinuxActuator::end_later(RunId id, Outcome::Kind kind, std::string detail, int exit_code) {
  auto& run = runs_.at(id);
  run.outcome = Outcome{.ticket = run.order.ticket,
                        .kind = kind,
                        .exit_code = exit_code,
                        .detail = std::move(detail),
                        .output = std::move(run.output)};
  run.leftovers.reset();
  run.timer = loop_.at(loop_.now(), [this, id] {
    const auto ended = std::move(runs_.extract(id).mapped());
    ended.on_outcome(*ended.outcome);
  });
}

/// For the answers of units_, which may come when we are gone.
OnDone LinuxActuator::guarded(OnDone on_done) const {
  return [self = std::weak_ptr(self_), on_done = std::move(on_done)](const Status& status) {
    if (!self.expired()) on_done(status);
  };
}

}  // namespace systemcheck
