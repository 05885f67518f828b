#include "daemon/situation_filter.h"

#include <algorithm>
#include <utility>

namespace systemcheck {
namespace {

bool changes_something(const SituationFilter::Decided& decided) {
  const auto& choice = decided.choice;
  return choice.state != decided.state_before || choice.step == RestartStep::restart || choice.is_newly_due ||
         choice.newly_suppressed || choice.attempt_failed ||
         choice.memo.gone_sightings != decided.memo_before.gone_sightings;
}

PastDecision decision_of(const RestartChoice& choice) {
  const bool is_order = choice.step == RestartStep::restart;
  return {.state = choice.state,
          .step = choice.step,
          .newly_suppressed = choice.newly_suppressed,
          .attempts = choice.memo.attempts + (is_order ? 1U : 0U),
          .attempt_failed = choice.attempt_failed,
          .is_alive = choice.is_alive,
          .reason = choice.reason};
}

}  // namespace

std::optional<PastSituation> SituationFilter::note(const Decided& decided, Instant now) {
  const bool is_news =
      !last_ || !is_same_for_decision(*last_, decided.situation) || changes_something(decided);
  if (!is_news && left_out_ == 0) return std::nullopt;
  const bool is_order = decided.choice.step == RestartStep::restart;
  if (!is_order && !take_turn(now)) {
    if (is_news) ++left_out_;
    return std::nullopt;
  }
  last_ = decided.situation;
  return PastSituation{.situation = decided.situation,
                       .mode = decided.mode,
                       .decision = decision_of(decided.choice),
                       .left_out = std::exchange(left_out_, 0U)};
}

bool SituationFilter::take_turn(Instant now) {
  if (!turns_counted_at_) turns_counted_at_ = now;
  const auto grown = (now - *turns_counted_at_) / every;
  turns_counted_at_ = *turns_counted_at_ + grown * every;
  turns_ = static_cast<std::uint32_t>(std::min<std::int64_t>(turns_ + grown, burst));
  if (turns_ == 0) return false;
  --turns_;
  return true;
}

}  // namespace systemcheck
