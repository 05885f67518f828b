#include "store/database.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstdint>
#include <utility>

#include "os/descriptor.h"
#include "store/relay_rows.h"
#include "store/sample_rows.h"
#include "store/schema.h"
#include "store/sqlite.h"
#include "store/stored.h"

namespace systemcheck {
namespace {

constexpr mode_t file_mode = 0640;
constexpr int prune_step = 200;
/// Where nothing is written the history's clock is kept this often.
constexpr Duration clock_kept_every = std::chrono::hours{1};

Duration take_duration(Statement& row) { return std::chrono::microseconds{row.take_number()}; }
std::int64_t stored_duration(Duration duration) {
  return std::chrono::duration_cast<std::chrono::microseconds>(duration).count();
}

class SqliteDatabase final : public Database {
 public:
  SqliteDatabase(std::unique_ptr<Sqlite> file, StoreRun run, const StoreLimits& limits)
      : file_(std::move(file)), run_(std::move(run)), limits_(limits) {}

  Status prepare() {
    // Before the first table: it cannot be changed later without a VACUUM.
    if (auto done = file_->execute("PRAGMA auto_vacuum = INCREMENTAL"); !done) return done;
    if (auto done = file_->execute("PRAGMA journal_mode = WAL"); !done) return done;
    if (auto done = file_->execute("PRAGMA synchronous = NORMAL; PRAGMA trusted_schema = OFF; "
                                   "PRAGMA journal_size_limit = 4194304; PRAGMA cache_size = -256");
        !done) {
      return done;
    }
    return migrate(*file_);
  }

  Status write(std::span<const Record> records, const Moment& now) override {
    if (auto read = read_clock(); !read) return read;
    if (auto begun = file_->execute("BEGIN IMMEDIATE"); !begun) return begun;
    auto written = put_all(records, now);
    auto committed = written ? file_->execute("COMMIT") : std::move(written);
    if (!committed) {
      (void)file_->execute("ROLLBACK");  // It may be rolled back already; what went wrong first counts.
      clock_.reset();
    }
    return committed;
  }

  Result<HistoryPage> read(const HistoryQuery& query) override {
    HistoryPage page;
    if (query.is_of_relay) {
      auto changes = read_relay_changes(*file_, query);
      if (!changes) return std::move(changes).error();
      page.relay_changes = *std::move(changes);
      return page;
    }
    auto actions = read_actions(query, page);
    if (!actions) return std::move(actions).error();
    auto events = read_events(query, page);
    if (!events) return std::move(events).error();
    return page;
  }

  Result<Memos> memos() override {
    Memos memos;
    Statement rows(*file_, "SELECT key, text FROM memos LIMIT ?");
    rows.number(memos_max);
    for (;;) {
      const auto more = rows.step();
      if (!more) return more.error();
      if (!*more) return memos;
      auto key = rows.take_text();
      memos.insert_or_assign(std::move(key), rows.take_text());
    }
  }

  Result<RelayState> relay() override { return read_relay_state(*file_); }
  Result<MachineSamples> samples(WallTime now) override { return read_samples(*file_, now); }

  Result<bool> prune(const Moment& now) override {
    if (auto read = read_clock(); !read) return read.error();
    const auto size = size_bytes();
    if (!size) return size.error();
    auto forgotten =
        forget_before(elapsed_at(now) - limits_.keep, {"situations", "relay_changes", "actions", "events"});
    for (const auto* table : {"situations", "relay_changes"}) {
      if (*size > limits_.max_size_bytes && forgotten && *forgotten == 0)
        forgotten = forget_before(Duration::max(), {table});
    }
    if (*size > limits_.max_size_bytes && forgotten && *forgotten == 0)
      forgotten = forget_before(Duration::max(), {"actions", "events"});
    if (!forgotten) return forgotten.error();
    if (*forgotten == 0) return false;
    auto returned = file_->execute("PRAGMA incremental_vacuum(256)");
    if (!returned) return std::move(returned).error();
    return true;
  }

  Result<std::uint64_t> size_bytes() override {
    const auto pages = file_->number("PRAGMA page_count");
    if (!pages) return pages.error();
    const auto free_pages = file_->number("PRAGMA freelist_count");
    if (!free_pages) return free_pages.error();
    const auto page_size = file_->number("PRAGMA page_size");
    if (!page_size) return page_size.error();
    return static_cast<std::uint64_t>((*pages - *free_pages) * *page_size);
  }

  Status empty_log() override { return file_->execute("PRAGMA wal_checkpoint(TRUNCATE)"); }
  void leave_log() override { file_->leave_log(); }

 private:
  /// Rows are in the order of their age: the oldest few tell whether there is anything to forget.
  Result<int> forget_before(Duration elapsed, std::initializer_list<const char*> tables) {
    int forgotten = 0;
    for (const auto* table : tables) {
      const auto sql = fmt::format(
          "DELETE FROM {0} WHERE id IN "
          "(SELECT id FROM (SELECT id, elapsed FROM {0} ORDER BY id LIMIT ?) WHERE elapsed < ?)",
          table);
      Statement some(*file_, sql);
      auto done = some.number(prune_step).number(stored_duration(elapsed)).run();
      if (!done) return std::move(done).error();
      forgotten += file_->changes();
    }
    return forgotten;
  }

  Status read_clock() {
    if (clock_) return Nothing{};
    Statement row(*file_, "SELECT elapsed, boot_id, instant, at FROM clock");
    const auto more = row.step();
    if (!more) return more.error();
    ClockMark mark;
    if (*more) {
      mark.elapsed = take_duration(row);
      mark.boot_id = row.take_text();
      mark.at.instant = instant_of(row.take_number());
      mark.at.wall = time_of(row.take_number());
    }
    clock_ = std::move(mark);
    is_clock_kept_ = *more;
    return Nothing{};
  }

  /// Before the first mark of all nothing has elapsed.
  [[nodiscard]] Duration elapsed_at(const Moment& now) const {
    return is_clock_kept_ ? elapsed_since(*clock_, run_.boot_id, now) : Duration{};
  }

  Status put_all(std::span<const Record> records, const Moment& now) {
    elapsed_ = elapsed_at(now);
    bool is_worth_a_mark = !is_clock_kept_ || elapsed_ - clock_->elapsed >= clock_kept_every;
    for (const auto& record : records) {
      auto written = std::visit([this](const auto& it) { return put(it); }, record);
      if (!written) return written;
      is_worth_a_mark = is_worth_a_mark || has_age(record);
    }
    return is_worth_a_mark ? keep_clock(now) : Status(Nothing{});
  }

  /// What comes each minute anyhow does not need to be told how old it is.
  static bool has_age(const Record& record) {
    return !std::holds_alternative<LateMark>(record) && !std::holds_alternative<MachineSample>(record);
  }

  Status keep_clock(const Moment& now) {
    Statement row(*file_,
                  "INSERT INTO clock (id, elapsed, boot_id, instant, at) VALUES (1,?,?,?,?) "
                  "ON CONFLICT (id) DO UPDATE SET elapsed=excluded.elapsed, boot_id=excluded.boot_id, "
                  "instant=excluded.instant, at=excluded.at");
    row.number(stored_duration(elapsed_)).text(run_.boot_id, name_limit);
    auto kept = row.number(stored_instant(now.instant)).number(stored_time(now.wall)).run();
    if (!kept) return kept;
    clock_ = ClockMark{.elapsed = elapsed_, .boot_id = run_.boot_id, .at = now};
    is_clock_kept_ = true;
    return kept;
  }

  Status put(const Intention& it) {
    Statement row(*file_,
                  "INSERT INTO actions (run, number, boot_id, at, service, verb, reason, command, owner, "
                  "asked_by, mode, attempt, old_identity, elapsed) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?) "
                  "ON CONFLICT DO NOTHING");
    row.number(run_.id).number(static_cast<std::int64_t>(it.number)).text(run_.boot_id, name_limit);
    row.number(stored_time(it.at)).text(it.service, name_limit).text(it.verb, name_limit);
    row.text(it.reason, line_limit).text(it.command, line_limit).text(it.owner, name_limit);
    row.text(it.asked_by, name_limit).text(it.mode, name_limit).number(it.attempt);
    return row.text(it.old_identity, name_limit).number(stored_duration(elapsed_)).run();
  }

  Status put(const ActionEnd& it) {
    Statement row(*file_,
                  "UPDATE actions SET ended_at=?, kind=?, exit_status=?, detail=?, output=?, took=? "
                  "WHERE run=? AND number=?");
    row.number(stored_time(it.at)).text(it.kind, name_limit).number(it.exit_status);
    row.text(it.detail, line_limit).text(tail_of(it.output, output_limit), output_limit);
    row.number(stored_duration(it.took)).number(run_.id);
    return row.number(static_cast<std::int64_t>(it.number)).run();
  }

  Status put(const ActionVerdict& it) {
    Statement row(*file_,
                  "UPDATE actions SET judged_at=?, verified=?, why=?, new_identity=?, downtime=? "
                  "WHERE run=? AND number=?");
    row.number(stored_time(it.at)).number(it.is_verified ? 1 : 0).text(it.why, line_limit);
    row.text(it.new_identity, name_limit).number(stored_duration(it.downtime)).number(run_.id);
    return row.number(static_cast<std::int64_t>(it.number)).run();
  }

  Status put(const LateMark& it) {
    Statement row(*file_, "UPDATE actions SET late=1 WHERE run=? AND number=?");
    return row.number(run_.id).number(static_cast<std::int64_t>(it.number)).run();
  }

  Status put(const Event& it) {
    Statement row(*file_,
                  "INSERT INTO events (run, boot_id, at, service, was, becomes, owner, reason, elapsed) "
                  "VALUES (?,?,?,?,?,?,?,?,?)");
    row.number(run_.id).text(run_.boot_id, name_limit).number(stored_time(it.at));
    row.text(it.service, name_limit).text(it.from, name_limit).text(it.to, name_limit);
    row.text(it.owner, name_limit).text(it.reason, line_limit);
    return row.number(stored_duration(elapsed_)).run();
  }

  Status put(const Memo& it) {
    Statement row(*file_,
                  "INSERT INTO memos VALUES (?,?) ON CONFLICT (key) DO UPDATE SET text=excluded.text");
    return row.text(it.key, name_limit).text(it.text, memo_limit).run();
  }

  Status put(const Situation& it) {
    Statement row(*file_,
                  "INSERT INTO situations (run, boot_id, at, instant, round, service, text, elapsed) "
                  "VALUES (?,?,?,?,?,?,?,?)");
    row.number(run_.id).text(run_.boot_id, name_limit).number(stored_time(it.at));
    row.number(stored_instant(it.instant)).number(static_cast<std::int64_t>(it.round));
    row.text(it.service, name_limit).text(it.text, situation_limit);
    return row.number(stored_duration(elapsed_)).run();
  }

  Status put(const MachineSample& it) { return put_sample(*file_, it); }

  Status put(const RelayNotes& it) { return put_relay_notes(*file_, it, stored_duration(elapsed_)); }

  ActionRow take_action(Statement& row) const {
    ActionRow action;
    auto& intention = action.intention;
    action.is_of_this_run = row.take_number() == run_.id;
    intention.number = static_cast<ActionNumber>(row.take_number());
    action.boot_id = row.take_text();
    intention.at = time_of(row.take_number());
    for (auto* text : {&intention.service, &intention.verb, &intention.reason, &intention.command,
                       &intention.owner, &intention.asked_by, &intention.mode}) {
      *text = row.take_text();
    }
    intention.attempt = static_cast<std::uint32_t>(row.take_number());
    intention.old_identity = row.take_text();
    action.is_late = row.take_number() != 0;
    const bool has_ended = !row.is_null();
    ActionEnd end{.number = intention.number, .at = time_of(row.take_number())};
    end.kind = row.take_text();
    end.exit_status = static_cast<int>(row.take_number());
    end.detail = row.take_text();
    end.output = row.take_text();
    end.took = take_duration(row);
    if (has_ended) action.end = std::move(end);
    const bool is_judged = !row.is_null();
    ActionVerdict verdict{.number = intention.number, .at = time_of(row.take_number())};
    verdict.is_verified = row.take_number() != 0;
    verdict.why = row.take_text();
    verdict.new_identity = row.take_text();
    verdict.downtime = take_duration(row);
    if (is_judged) action.verdict = std::move(verdict);
    return action;
  }

  Status read_actions(const HistoryQuery& query, HistoryPage& page) {
    Statement rows(
        *file_,
        "SELECT run, number, boot_id, at, service, verb, reason, command, owner, asked_by, mode, "
        "attempt, old_identity, late, ended_at, kind, exit_status, detail, output, took, judged_at, "
        "verified, why, new_identity, downtime FROM actions "
        "WHERE (?='' OR service=?) AND at >= ? ORDER BY id DESC LIMIT ?");
    bind_query(rows, query);
    for (;;) {
      const auto more = rows.step();
      if (!more) return more.error();
      if (!*more) return Nothing{};
      page.actions.push_back(take_action(rows));
    }
  }

  Status read_events(const HistoryQuery& query, HistoryPage& page) {
    Statement rows(*file_,
                   "SELECT at, service, was, becomes, owner, reason FROM events "
                   "WHERE (?='' OR service=?) AND at >= ? ORDER BY id DESC LIMIT ?");
    bind_query(rows, query);
    for (;;) {
      const auto more = rows.step();
      if (!more) return more.error();
      if (!*more) return Nothing{};
      Event event{.at = time_of(rows.take_number())};
      for (auto* text : {&event.service, &event.from, &event.to, &event.owner, &event.reason})
        *text = rows.take_text();
      page.events.push_back(std::move(event));
    }
  }

  const std::unique_ptr<Sqlite> file_;
  const StoreRun run_;
  const StoreLimits limits_;
  std::optional<ClockMark> clock_{};  ///< as it is in the file
  bool is_clock_kept_ = false;
  Duration elapsed_{};  ///< of what is being written
};

/// SQLite would make it readable for everybody; its companions get the mode of the file.
Status make_file(const std::string& path) {
  const Descriptor file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, file_mode));
  if (!file.is_open()) return Error{Error::Kind::denied, "it cannot be opened for writing"};
  if (::fchmod(file.number(), file_mode) != 0)
    return Error{Error::Kind::denied, "it belongs to somebody else"};
  return Nothing{};
}

}  // namespace

Result<std::unique_ptr<Database>> Database::open(const std::string& path, StoreRun run,
                                                 const StoreLimits& limits) {
  if (path != ":memory:") {
    if (auto made = make_file(path); !made) return std::move(made).error().within(path);
  }
  auto file = Sqlite::open(path);
  if (!file) return std::move(file).error().within(path);
  auto database = std::make_unique<SqliteDatabase>(*std::move(file), std::move(run), limits);
  if (auto prepared = database->prepare(); !prepared) return std::move(prepared).error().within(path);
  return std::unique_ptr<Database>(std::move(database));
}

}  // namespace systemcheck
