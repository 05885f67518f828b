#include "daemon/ledger.h"

namespace systemcheck {

std::optional<HistoryRow> StoreLedger::status() const {
  const auto& status = store_.status();
  return HistoryRow{.is_ok = status.is_ok,
                    .problem = status.problem,
                    .actions_total = status.actions_total,
                    .outcomes_total = status.outcomes_total,
                    .events_total = status.events_total,
                    .memos_total = status.memos_total,
                    .write_errors_total = status.write_errors_total,
                    .dropped_total = status.dropped_total,
                    .size_bytes = status.size_bytes};
}

}  // namespace systemcheck
