#include "offline/recorded.h"

#include <utility>

#include "base/text.h"

namespace systemcheck {
namespace {

void complain(RecordedHistory& history, const SituationRow& row, const std::string& what) {
  ++history.damaged;
  if (history.complaints.size() >= complaints_max) return;
  const auto service = row.situation.service.empty() ? "" : " (" + printable(row.situation.service) + ")";
  history.complaints.push_back("situation " + std::to_string(row.id) + service + ": " + what);
}

bool is_out_of_order(const RecordedHistory& history, const SituationRow& row, bool is_same_run) {
  const bool is_later = row.situation.instant >= Instant{} &&
                        (!is_same_run || row.situation.instant >= history.moments.back().instant);
  return !is_later;
}

}  // namespace

bool is_good(const PastSituation& situation) {
  const auto health = situation.situation.health.kind;
  const bool is_of_use =
      health == Health::Kind::fine || health == Health::Kind::unproven || health == Health::Kind::complains;
  const bool is_being_ended = situation.decision.step == RestartStep::restart;
  return situation.decision.is_alive && is_of_use && !is_being_ended;
}

RecordedHistory understand(const FiledSituations& filed) {
  RecordedHistory history;
  history.is_cut = filed.is_cut;
  std::optional<std::int64_t> run;
  std::int64_t runs = -1;
  for (const auto& row : filed.rows) {
    auto moment = parse_past(row.situation.text);
    if (!moment) {
      complain(history, row, moment.error().message);
    } else if (is_out_of_order(history, row, run == row.run)) {
      complain(history, row, "it is older than the one before it");
    } else {
      if (std::exchange(run, row.run) != row.run) ++runs;
      history.moments.push_back({.run = runs,
                                 .boot_id = row.boot_id,
                                 .at = row.situation.at,
                                 .instant = row.situation.instant,
                                 .round = row.situation.round,
                                 .service = row.situation.service,
                                 .moment = *std::move(moment)});
    }
  }
  return history;
}

}  // namespace systemcheck
