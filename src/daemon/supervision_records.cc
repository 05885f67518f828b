#include <fmt/core.h>

#include <tuple>
#include <utility>

#include "daemon/supervised.h"
#include "daemon/supervision.h"
#include "decide/restart_memory.h"

// What supervision writes down, and what it remembers of an earlier daemon.

namespace systemcheck {
namespace {

std::string memory_key(const std::string& service) { return "restart/" + service; }

constexpr const char* host_guard_key = "host_guard";

std::string identity_text(const std::optional<ProcessIdentity>& process) {
  return process ? fmt::format("{}:{}", process->pid, process->start_ticks) : std::string{};
}

}  // namespace

Intention Supervision::intention_of(const Supervised& service, const Order& order,
                                    const std::string& reason) const {
  return {.number = 0,
          .at = world_.loop.wall_now(),
          .service = service.rules.name,
          .verb = std::string(word(order.verb)),
          .reason = reason,
          .command = actuator_->describe(order),
          .owner = std::string(word(service.row.owner)),
          .asked_by = "systemcheck",
          .mode = std::string(word(service.rules.mode)),
          .attempt = service.memo.attempts,
          .old_identity = identity_text(service.last_main)};
}

void Supervision::record_would_have(std::size_t index, const RestartChoice& choice) {
  auto& service = *services_[index];
  if (choice.newly_suppressed != Suppressed::observe || !actuator_) return;
  (void)world_.ledger->intend(intention_of(service, order_for(index, choice.rung), choice.reason), [] {});
}

void Supervision::record_outcome(Supervised& service, const Outcome& outcome) {
  if (!service.action) return;
  const auto now = world_.loop.now();
  world_.ledger->put(ActionEnd{.number = *service.action,
                               .at = world_.loop.wall_now(),
                               .kind = std::string(word(outcome.kind)),
                               .exit_status = outcome.exit_code,
                               .detail = outcome.detail,
                               .output = outcome.output,
                               .took = now - service.action_began});
  service.has_action_ended = outcome.kind == Outcome::Kind::succeeded;
  if (!service.has_action_ended) service.action.reset();
}

/// The order is done; whether the service is back is seen only now.
void Supervision::record_verdict(Supervised& service, const RestartChoice& choice) {
  if (!service.action || !service.has_action_ended) return;
  const bool is_verified = choice.is_alive && choice.state != ServiceState::restarting;
  if (!is_verified && !choice.attempt_failed) return;
  put_verdict(service, is_verified, choice.reason);
}

void Supervision::put_verdict(Supervised& service, bool is_verified, const std::string& why) {
  const auto since = service.down_since.value_or(service.action_began);
  const auto now = world_.loop.now();
  const auto until = is_verified ? up_since(service, now) : now;
  world_.ledger->put(ActionVerdict{.number = *service.action,
                                   .at = world_.loop.wall_now(),
                                   .is_verified = is_verified,
                                   .why = why,
                                   .new_identity = is_verified ? identity_text(service.sight.main) : "",
                                   .downtime = until - since});
  service.action.reset();
}

void Supervision::record_state(const Supervised& service, const RestartChoice& choice, Owner owner) {
  if (service.rules.is_discovered && choice.state == ServiceState::absent) return;
  world_.ledger->put(Event{.at = world_.loop.wall_now(),
                           .service = service.rules.name,
                           .from = std::string(word(service.row.state)),
                           .to = std::string(word(choice.state)),
                           .owner = std::string(word(owner)),
                           .reason = choice.reason,
                           .kind = choice.state == service.row.state ? EventKind::owner : EventKind::state});
}

void Supervision::record_situation(Supervised& service, const Decided& decided, Instant now) {
  const bool is_no_news = service.rules.is_discovered && decided.choice.state == ServiceState::absent &&
                          !service.situations.has_recorded();
  if (is_no_news) return;
  const auto past = service.situations.note({.situation = decided.situation,
                                             .choice = decided.choice,
                                             .memo_before = service.memo,
                                             .state_before = service.row.state,
                                             .mode = service.rules.mode},
                                            now);
  if (past) record_moment(service.rules.name, *past, now);
}

void Supervision::record_moment(const std::string& service, const PastMoment& moment, Instant at) {
  world_.ledger->put(Situation{.at = world_.loop.wall_now(),
                               .instant = at,
                               .round = is_in_round_ ? rounds_ : 0,
                               .service = service,
                               .text = past_text(moment)});
}

void Supervision::remember(Supervised& service) {
  const auto& memo = service.memo;
  const auto key =
      std::tie(memo.attempts, memo.next_attempt, memo.attempt_began, memo.deaths, memo.is_flapping);
  const auto& old = service.remembered;
  if (key == std::tie(old.attempts, old.next_attempt, old.attempt_began, old.deaths, old.is_flapping)) return;
  service.remembered = memo;
  auto text = restart_memory_text(memo, world_.boot_id);
  if (text == std::exchange(service.remembered_text, text)) return;
  world_.ledger->put(Memo{.key = memory_key(service.rules.name), .text = std::move(text)});
}

void Supervision::recall(Supervised& service) {
  const auto& memos = world_.ledger->memos();
  const auto found = memos.find(memory_key(service.rules.name));
  if (found == memos.end()) return;
  service.remembered_text = found->second;
  auto memo = restored_restart_memo(found->second, world_.boot_id, config_->restart_policy, world_.loop.now(),
                                    config_->cycle);
  if (!memo) return;
  service.memo = *std::move(memo);
  service.remembered = service.memo;
}

/// Before anything is begun: what is on disk then is never less than what was done.
void Supervision::remember_host_guard() {
  world_.ledger->put(Memo{.key = host_guard_key, .text = host_memory_text(host_guard_, world_.boot_id)});
}

void Supervision::recall_host_guard() {
  const auto& memos = world_.ledger->memos();
  const auto found = memos.find(host_guard_key);
  if (found == memos.end()) return;
  auto restored = restored_host_guard(found->second, world_.boot_id, world_.loop.now());
  host_guard_ = std::move(restored.guard);
  if (restored.complaint.empty()) return;
  world_.journal.write(Severity::warning, "restarts: " + restored.complaint);
  remember_host_guard();  // Else the next daemon would begin to count anew.
}

}  // namespace systemcheck
