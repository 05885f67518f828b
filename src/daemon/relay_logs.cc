#include "daemon/relay_logs.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "relay/log_place.h"
#include "relay/log_time.h"

namespace systemcheck {
namespace {

/// The first of two lines that make one login may be older than what it gives.
constexpr Duration old_slack = std::chrono::minutes{5};
constexpr std::size_t shown_line_bytes = 512;

LineLayout layout_of(const RelayLog& log) {
  return log.is_annotated ? LineLayout::annotated : LineLayout::plain;
}

LogLine line_of(const JournalLine& entry, std::string_view pid) {
  return {.tag = entry.program,
          .pid = pid,
          .message = entry.message,
          .writer = entry.origin.user,
          .executable = entry.origin.executable,
          .at = entry.at};
}

/// Where the line begins, in a batch whose end is known: lines stand one behind the other.
std::uint64_t offset_of(const LogBatch& batch, std::size_t index) {
  const auto place = LogPlace::parse(batch.place);
  if (!place || place->files.size() != 1) return 0;
  std::uint64_t behind = 0;
  for (const auto& line : batch.lines.subspan(index))
    behind += line.size() + 1;
  const auto end = place->files.front().offset;
  return end >= behind ? end - behind : 0;
}

}  // namespace

std::string log_name(const RelayLog& log) {
  switch (log.kind) {
    case RelayLog::Kind::journal:
      return "journal";
    case RelayLog::Kind::socket:
      return "unix:" + log.path;
    case RelayLog::Kind::file:
      break;
  }
  return log.path;
}

RelayLogs::RelayLogs(World& world, const RelayMeans& means, Setup setup, Hooks hooks)
    : world_(world), means_(means), rules_(std::move(setup.rules)), hooks_(std::move(hooks)) {
  for (const auto& rules : rules_.logs) {
    LoginReader reader(
        setup.patterns,
        {.layout = layout_of(rules), .trusted_origin = rules_.trusted_origin, .senders = setup.senders},
        world_.utc_offset);
    logs_.push_back(std::make_unique<Log>(rules, log_name(rules), std::move(reader)));
    auto& log = *logs_.back();
    tell_distrust(log);
    if (const auto place = setup.places.find(log.name); place != setup.places.end())
      log.place = place->second;
    open(log);
  }
}

bool RelayLogs::is_trusted(const RelayLog& log) const {
  return log.is_annotated || log.kind == RelayLog::Kind::journal ||
         rules_.trusted_origin == TrustedOrigin::ignored;
}

void RelayLogs::tell_distrust(const Log& log) const {
  if (is_trusted(log.rules)) return;
  world_.journal.write(
      Severity::error,
      fmt::format(
          "relay: {} authorises nobody: in a plain log any user of this machine can write a line that looks "
          "like a login, with logger(1). Either let the log say who wrote each line (contrib/rsyslog/, "
          "then origin: annotated; or journal: true), or, where nobody but you has a shell, say "
          "trusted_origin: ignored",
          log.name));
}

void RelayLogs::try_again() {
  for (const auto& log : logs_) {
    if (!log->problem.empty()) open(*log);
  }
}

void RelayLogs::open(Log& log) {
  SourceHooks hooks{.on_lines = [this, &log](const LogBatch& batch) { take(log, batch); },
                    .on_notice =
                        [this](const SourceNotice& notice) {
                          const bool is_warning = notice.weight == SourceNotice::Weight::warning;
                          world_.journal.write(is_warning ? Severity::warning : Severity::notice,
                                               "relay: " + notice.words);
                          hooks_.on_change();
                        }};
  auto source = means_.open_log(
      log.rules,
      {.place = log.place, .is_old = is_old(log), .since = world_.loop.wall_now() - rules_.keep - old_slack},
      std::move(hooks));
  auto started = source ? (*source)->start() : Status(source.error());
  if (source) log.source = *std::move(source);
  const auto before = std::exchange(log.problem, started ? std::string() : started.error().message);
  if (!log.problem.empty() && log.problem != before)
    world_.journal.write(Severity::error, "relay: " + log.name + ": " + log.problem);
}

IsOld RelayLogs::is_old(const Log& log) const {
  return [this, layout = layout_of(log.rules)](std::string_view text) {
    const auto line = parse_log_line(text, layout);
    if (!line) return false;
    const auto now = world_.loop.wall_now();
    const auto at = parse_log_time(line->time, now, world_.utc_offset);
    return at && *at < now - rules_.keep - old_slack;
  };
}

void RelayLogs::take(Log& log, const LogBatch& batch) {
  const auto now = world_.loop.wall_now();
  for (std::size_t i = 0; i < batch.lines.size(); ++i)
    note(log, log.reader.read(batch.lines[i], now), batch, i);
  for (std::size_t i = 0; i < batch.entries.size(); ++i) {
    const auto& entry = batch.entries[i];
    const auto pid = entry.pid ? std::to_string(*entry.pid) : std::string();
    note(log, log.reader.read(line_of(entry, pid), now), batch, i);
  }
  hooks_.on_batch(log.name, batch.place);
}

void RelayLogs::note(Log& log, const LineReading& reading, const LogBatch& batch, std::size_t index) {
  if (reading.verdict == LineVerdict::login) {
    const bool is_entry = batch.lines.empty();
    const LinePosition place{.source = log.name, .offset = is_entry ? 0 : offset_of(batch, index)};
    const auto& entries = batch.entries;
    const auto line =
        is_entry ? entries[index].program + ": " + entries[index].message : std::string(batch.lines[index]);
    return hooks_.on_login(*reading.login, place, printable(line, shown_line_bytes));
  }
  if (reading.verdict == LineVerdict::login_without_address &&
      !std::exchange(log.is_want_of_address_told, true)) {
    world_.journal.write(
        Severity::warning,
        fmt::format(
            "relay: {}: {} writes down who logs in, but not from where ('{}' just now): whoever is to send "
            "has to be added by hand (systemcheckctl relay add), or in relay.always. Said once",
            log.name, reading.pattern, printable(reading.user, 64)));
  }
  if (reading.verdict == LineVerdict::untrusted && !std::exchange(log.is_want_of_trust_told, true) &&
      is_trusted(log.rules)) {
    world_.journal.write(
        Severity::warning,
        fmt::format(
            "relay: {}: a line that looks like a login of '{}' was not written by a mail server, and counts "
            "for nothing; if it was, its user belongs to relay.senders. Said once",
            log.name, printable(reading.user, 64)));
  }
}

bool RelayLogs::are_caught_up() const {
  return std::ranges::all_of(logs_, [](const auto& log) {
    if (!log->source) return true;
    const auto& status = log->source->status();
    return status.state != SourceState::following || status.lag_bytes == 0;
  });
}

std::vector<RelayLogRow> RelayLogs::rows() const {
  std::vector<RelayLogRow> rows;
  for (const auto& log : logs_) {
    RelayLogRow row{.name = log->name, .kind = log->rules.kind, .is_trusted = is_trusted(log->rules)};
    if (log->source) row.source = log->source->status();
    if (!log->problem.empty()) {
      row.source.state = SourceState::unreadable;
      row.source.reason = log->problem;
    }
    for (std::size_t i = 0; i < row.lines.size(); ++i)
      row.lines.at(i) = log->reader.count(static_cast<LineVerdict>(i));
    rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace systemcheck
