#pragma once

#include <string>
#include <vector>

#include "offline/recorded.h"
#include "support/fake_ledger.h"

namespace systemcheck::test {

/// What a ledger was given, as it would be read back from the file. Each time the daemon begins it is a new
/// run.
inline RecordedHistory recorded_in(const FakeLedger& ledger, const std::string& boot_id = "boot") {
  FiledSituations filed;
  std::int64_t run = 0;
  bool has_ended = false;
  for (const auto& situation : ledger.all<Situation>()) {
    const auto moment = parse_past(situation.text);
    const auto* turn = moment ? std::get_if<PastTurn>(&*moment) : nullptr;
    if (has_ended) ++run;
    has_ended = turn != nullptr && turn->kind == PastTurn::Kind::ended;
    filed.rows.push_back({.id = static_cast<std::int64_t>(filed.rows.size()) + 1,
                          .run = run,
                          .boot_id = boot_id,
                          .situation = situation});
  }
  return understand(filed);
}

}  // namespace systemcheck::test
