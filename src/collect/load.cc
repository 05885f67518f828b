#include "collect/load.h"

#include <cmath>
#include <optional>

#include "base/metrics.h"
#include "base/text.h"
#include "collect/facts.h"
#include "os/host.h"

namespace systemcheck {
namespace {

std::optional<double> parse_average(std::string_view word) {
  const auto number = parse_number<double>(word);
  if (!number || !std::isfinite(*number) || *number < 0) return std::nullopt;
  return number;
}

}  // namespace

Result<Load> Load::collect(Look& look) {
  const auto text = look.host.read_file("/proc/loadavg", pseudo_file_limit_bytes);
  if (!text) return text.error();
  return parse_load(*text);
}

Result<Load> parse_load(std::string_view text) {
  const auto one = parse_average(take_word(text));
  const auto five = parse_average(take_word(text));
  const auto fifteen = parse_average(take_word(text));
  if (!one || !five || !fifteen) return Error{Error::Kind::malformed, "expected three averages"};
  // "1/719 19737" stands behind them: without it the last number may have lost its end.
  if (take_word(text).empty() || take_word(text).empty()) {
    return Error{Error::Kind::malformed, "ends in the middle"};
  }
  return Load{.one_minute = *one, .five_minutes = *five, .fifteen_minutes = *fifteen};
}

void Load::describe(Metrics& metrics) const {
  metrics.gauge("systemcheck_load1", "Tasks that ran or waited, averaged over one minute.", one_minute);
  metrics.gauge("systemcheck_load5", "Tasks that ran or waited, averaged over five minutes.", five_minutes);
  metrics.gauge("systemcheck_load15", "Tasks that ran or waited, averaged over fifteen minutes.",
                fifteen_minutes);
}

}  // namespace systemcheck
