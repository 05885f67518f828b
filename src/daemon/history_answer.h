#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/units.h"
#include "daemon/control.h"
#include "daemon/ledger.h"
#include "os/board.h"
#include "publish/view.h"

namespace systemcheck {

/// Who asks: command lines and what commands wrote are for root and the group systemcheck only.
enum class Audience { everybody, trusted };

/// "history [SERVICE] [--limit N] [--since SECONDS]" without its first word.
Result<HistoryQuery> parse_history_request(std::string_view words, WallTime now);
/// {"schema": 1, "actions": […], "events": […]}, the newest first.
std::string history_json(const HistoryPage& page, Audience audience);
/// One service: its state and why, the numbers of its policy, its last actions. `page` without a value: the
/// history cannot be read.
std::string explain_json(const View& view, const ServiceRow& row, const Result<HistoryPage>& page,
                         Audience audience);

/// What the control socket answers to "history" and "explain".
Inquiry history_inquiry(std::shared_ptr<StoreLedger> ledger, const Board<View>& views, EventLoop& loop);

}  // namespace systemcheck
