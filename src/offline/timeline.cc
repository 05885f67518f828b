#include "offline/timeline.h"

#include <algorithm>

namespace systemcheck {
namespace {

/// How one service stood then, from moment to moment of one run.
struct Stood {
  ServiceState state = ServiceState::unknown;
  std::optional<Instant> down_since{};
};

bool is_down(const PastDecision& decision) {
  return !decision.is_alive && decision.state != ServiceState::held && decision.state != ServiceState::absent;
}

void note_down(Stood& stood, const PastDecision& decision, Instant now, Duration& longest) {
  if (stood.down_since) longest = std::max(longest, now - *stood.down_since);
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

SaidThen said_then(std::span<const Recorded> moments, Instant end) {
  SaidThen result;
  std::map<std::string, Stood> all;
  const auto end_run = [&](Instant at) {
    for (const auto& [service, stood] : all) {
      auto& longest = result.longest_down[service];
      if (stood.down_since) longest = std::max(longest, at - *stood.down_since);
    }
    all.clear();
  };
  for (std::size_t i = 0; i < moments.size(); ++i) {
    const auto& moment = moments[i];
    if (i > 0 && moments[i - 1].run != moment.run) end_run(moments[i - 1].instant);
    const auto* situation = moment.situation();
    if (situation == nullptr) continue;
    const auto& decision = situation->decision;
    auto& stood = all[moment.service];
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
  if (!moments.empty()) end_run(std::max(end, moments.back().instant));
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
