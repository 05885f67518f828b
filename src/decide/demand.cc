#include "decide/demand.h"

#include <algorithm>
#include <utility>

#include "decide/verification.h"

namespace systemcheck {
namespace {

DemandChoice refuse(std::string reason) { return {DemandChoice::Kind::refuse, std::move(reason)}; }

/// What forbids to touch it at all, whatever is wanted.
std::optional<std::string> find_prohibition(const DemandSituation& situation) {
  if (situation.mode != Mode::act)
    return "its mode is " + std::string(word(situation.mode)) +
           ", and only what is in act is ever started, stopped or restarted";
  if (!situation.kill_switch.empty()) return "kill switch: " + situation.kill_switch;
  switch (situation.cause.kind) {
    case Cause::Kind::shutdown:
    case Cause::Kind::absent:
      return situation.cause.reason;
    case Cause::Kind::unknown:
      return "how it is cannot be told: " + situation.cause.reason;
    default:
      break;
  }
  if (situation.is_busy) return "an order for it is in flight";
  return std::nullopt;
}

DemandEnd end_with(DemandEnd::Kind kind, std::string detail) { return {kind, std::move(detail)}; }

std::string words_of(const std::optional<ProcessIdentity>& process) {
  return process ? "process " + std::to_string(process->pid) : std::string("a process of it");
}

bool is_later(const DemandSight& sight, const DemandMemo& memo) {
  return sight.is_readable && sight.sight_at > memo.done_at;
}

std::optional<DemandEnd> judge_stop(const DemandMemo& memo, const DemandSight& sight, Instant now) {
  const bool is_later_sight = is_later(sight, memo);
  if (is_later_sight && sight.is_surely_gone) {
    const auto complaint = memo.complaint.empty() ? "" : ", though its command said: " + memo.complaint;
    return end_with(DemandEnd::Kind::verified, "nothing of it runs any more" + complaint);
  }
  if (now < memo.give_up_at) return std::nullopt;
  if (!is_later_sight)
    return end_with(DemandEnd::Kind::timed_out, "whether it has ended could not be seen in time");
  const auto kind = memo.was_late ? DemandEnd::Kind::timed_out : DemandEnd::Kind::failed;
  if (!memo.complaint.empty())
    return end_with(kind, memo.complaint + "; " + words_of(sight.main) + " still runs");
  return end_with(DemandEnd::Kind::timed_out, words_of(sight.main) + " still runs");
}

std::optional<DemandEnd> judge_start(const DemandMemo& memo, const DemandSight& sight, Instant now) {
  if (sight.is_verifying) return std::nullopt;
  if (sight.attempt_failed) return end_with(DemandEnd::Kind::failed, sight.reason);
  const bool is_seen = sight.is_alive && is_later(sight, memo);
  const bool is_the_old_one = memo.demand == Demand::restart && memo.old_main && sight.main == memo.old_main;
  if (is_seen && !is_the_old_one) return end_with(DemandEnd::Kind::verified, "it is up: " + sight.reason);
  if (!sight.is_alive && is_later(sight, memo))
    return end_with(DemandEnd::Kind::failed, "it is not up: " + sight.reason);
  if (now < memo.give_up_at) return std::nullopt;
  if (is_seen) return end_with(DemandEnd::Kind::failed, words_of(sight.main) + " still runs as before");
  return end_with(DemandEnd::Kind::timed_out, "whether it is up could not be seen in time: " + sight.reason);
}

}  // namespace

DemandChoice decide_demand(Demand demand, const DemandSituation& situation) {
  if (auto prohibition = find_prohibition(situation)) return refuse(*std::move(prohibition));
  if (demand == Demand::start && situation.cause.kind == Cause::Kind::alive)
    return {DemandChoice::Kind::needless, "it runs already: " + situation.cause.reason};
  if (demand == Demand::stop && situation.is_surely_gone)
    return {DemandChoice::Kind::needless, "it does not run: " + situation.cause.reason};
  const bool has_way = demand == Demand::stop ? situation.has_way_to_stop : situation.has_way_to_start;
  if (!has_way) return refuse("there is no unit and no command to " + std::string(word(demand)) + " it with");
  return {DemandChoice::Kind::begin, {}};
}

std::optional<DemandEnd> judge_demand(const DemandMemo& memo, const DemandSight& sight, Instant now) {
  return memo.demand == Demand::stop ? judge_stop(memo, sight, now) : judge_start(memo, sight, now);
}

RestartMemo note_demand(RestartMemo memo, Demand demand, Instant now) {
  end_verification(memo);
  memo.is_in_flight = true;
  memo.is_ordered = demand != Demand::stop;
  memo.attempt_began = now;
  memo.suppressed.reset();
  if (demand != Demand::stop) memo.next_attempt.reset();
  return memo;
}

RestartMemo note_demand_outcome(RestartMemo memo, const Service& service, const RestartPolicy& policy,
                                Demand demand, const AttemptEnd& end) {
  memo.is_in_flight = false;
  if (demand == Demand::stop) return memo;
  if (end.has_succeeded) {
    memo.verify_from = end.at;
    memo.verify_until = std::max(end.at + look_again_after, *memo.attempt_began + service.start_timeout);
    return memo;
  }
  memo.is_ordered = false;
  // From here on it is ours again, and what has just failed is not tried at once.
  memo.next_attempt = end.at + restart_pause(policy, std::max(memo.attempts, 1U), end.jitter);
  return memo;
}

RestartMemo cleared(RestartMemo memo) {
  memo.attempts = 0;
  memo.next_attempt.reset();
  memo.deaths.clear();
  memo.is_flapping = false;
  memo.suppressed.reset();
  return memo;
}

}  // namespace systemcheck
