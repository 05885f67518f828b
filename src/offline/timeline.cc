#include "offline/timeline.h"

#include <algorithm>

namespace systemcheck {
namespace {

/// How one service stood then, from moment to moment.
struct Stood {
  std::int64_t run = 0;
  ServiceState state = ServiceState::unknown;
  Instant told_at{};
  std::optional<Instant> down_since{};
};

bool is_down(const PastDecision& decision) {
  return !decision.is_alive && decision.state != ServiceState::held && decision.state != ServiceState::absent;
}

void note_down(Stood& stood, const PastDecision& decision, Instant now, Duration& longest) {
  if (stood.down_since) longest = std::max(longest, now - *stood.down_since);
  stood.told_at = now;
  if (decision.state == ServiceState::unknown) return;
  if (!is_down(decision)) stood.down_since.reset();
  if (is_down(decision) && !stood.down_since) stood.down_since = now;
}

bool is_same_moment(const Said& one, const Said& other) {
  const auto apart = one.instant < other.instant ? other.instant - one.instant : one.instant - other.instant;
  return one.run == other.run && apart <= same_moment_within;
}

bool is_earlier(const Said& one, const Said& other) {
  return one.run != other.run ? one.run < other.run : one.instant < other.instant;
}

}  // namespace

SaidThen said_then(std::span<const Recorded> moments) {
  SaidThen result;
  std::map<std::string, Stood> all;
  for (const auto& moment : moments) {
    const auto* situation = moment.situation();
    if (situation == nullptr) continue;
    const auto& decision = situation->decision;
    auto& stood = all[moment.service];
    if (stood.run != moment.run) stood = {.run = moment.run};
    note_down(stood, decision, moment.instant, result.longest_down[moment.service]);
    const bool is_restart = decision.step == RestartStep::restart;
    const bool is_news = decision.state != stood.state || is_restart || decision.newly_suppressed;
    stood.state = decision.state;
    auto& said = result.said[moment.service];
    if (!is_news) continue;
    said.push_back({.at = moment.at,
                    .instant = moment.instant,
                    .run = moment.run,
                    .state = decision.state,
                    .is_restart = is_restart,
                    .attempt = decision.attempts,
                    .withheld = decision.newly_suppressed,
                    .reason = decision.reason});
  }
  return result;
}

std::vector<ReplayLine> compared(const std::string& service, std::span<const Said> then,
                                 std::span<const Said> now) {
  std::vector<ReplayLine> lines;
  while (!then.empty() || !now.empty()) {
    const bool has_both = !then.empty() && !now.empty() && is_same_moment(then.front(), now.front());
    const bool is_same = has_both && is_same_decision(then.front(), now.front());
    const bool is_at_once = has_both && then.front().instant == now.front().instant;
    const bool takes_both = is_same || is_at_once;
    const bool takes_then =
        takes_both || now.empty() || (!then.empty() && !is_earlier(now.front(), then.front()));
    ReplayLine line{.service = service};
    if (takes_then) line.then = then.front();
    if (takes_both || !takes_then) line.now = now.front();
    line.is_different = !is_same && !(line.now && line.now->is_after_end);
    if (line.then) then = then.subspan(1);
    if (line.now) now = now.subspan(1);
    lines.push_back(std::move(line));
  }
  return lines;
}

}  // namespace systemcheck
