#include <string>
#include <string_view>

#include "publish/describe.h"

namespace systemcheck {

void describe_history(const HistoryStatus& history, Metrics& metrics) {
  const auto records = [&](std::string_view kind, std::uint64_t count) {
    metrics.counter(
        "systemcheck_history_records_total",
        "Records written to the history: actions that began, what came of them (outcome), changes "
        "of state (event), what was decided upon (situation), and what outlives the daemon (memo).",
        static_cast<double>(count), {{"kind", std::string(kind)}});
  };
  records("action", history.actions_total);
  records("outcome", history.outcomes_total);
  records("event", history.events_total);
  records("situation", history.situations_total);
  records("memo", history.memos_total);
  metrics.counter("systemcheck_history_write_errors_total",
                  "Attempts to write to the history that failed; what was to be written is tried again.",
                  static_cast<double>(history.write_errors_total));
  metrics.counter("systemcheck_history_dropped_total",
                  "Records that are lost because too many waited to be written.",
                  static_cast<double>(history.dropped_total));
  metrics.gauge("systemcheck_history_size_bytes", "What the history takes on disk, without its log.",
                static_cast<double>(history.size_bytes));
  metrics.gauge("systemcheck_history_ok",
                "Whether the history could be written the last time (1 = yes); if not it is kept in memory.",
                history.is_ok ? 1 : 0);
}

}  // namespace systemcheck
