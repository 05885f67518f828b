#include "store/database.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

#include "os/descriptor.h"
#include "store/stored.h"

namespace systemcheck {
namespace {

constexpr mode_t file_mode = 0640;
/// The store's thread has time; who holds a lock longer is told of.
constexpr int busy_milliseconds = 250;
constexpr int prune_step = 200;

/// Each makes one version from the one before; PRAGMA user_version counts them.
constexpr std::array migrations{
    R"(CREATE TABLE actions (id INTEGER PRIMARY KEY, run INTEGER NOT NULL, number INTEGER NOT NULL,
         boot_id TEXT NOT NULL, at INTEGER NOT NULL, service TEXT NOT NULL, verb TEXT NOT NULL,
         reason TEXT NOT NULL, command TEXT NOT NULL, owner TEXT NOT NULL, asked_by TEXT NOT NULL,
         mode TEXT NOT NULL, attempt INTEGER NOT NULL, old_identity TEXT NOT NULL, late INTEGER NOT NULL DEFAULT 0,
         ended_at INTEGER, kind TEXT, exit_status INTEGER, detail TEXT, output TEXT, took INTEGER,
         judged_at INTEGER, verified INTEGER, why TEXT, new_identity TEXT, downtime INTEGER,
         UNIQUE (run, number));
       CREATE INDEX actions_of_service ON actions (service, id);
       CREATE TABLE events (id INTEGER PRIMARY KEY, run INTEGER NOT NULL, boot_id TEXT NOT NULL,
         at INTEGER NOT NULL, service TEXT NOT NULL, was TEXT NOT NULL, becomes TEXT NOT NULL,
         owner TEXT NOT NULL, reason TEXT NOT NULL);
       CREATE INDEX events_of_service ON events (service, id);
       CREATE TABLE memos (key TEXT PRIMARY KEY, text TEXT NOT NULL) WITHOUT ROWID;)"};

Error::Kind kind_of(int code) {
  switch (code & 0xff) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return Error::Kind::malformed;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return Error::Kind::timed_out;
    case SQLITE_PERM:
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
      return Error::Kind::denied;
    default:
      return Error::Kind::failed;
  }
}

Error error_of(sqlite3* handle, int code) { return {kind_of(code), sqlite3_errmsg(handle)}; }

/// One statement: bound from left to right, then run, its columns read from left to right.
class Statement {
 public:
  Statement(sqlite3* handle, std::string_view sql) : handle_(handle) {
    code_ = sqlite3_prepare_v2(handle, sql.data(), static_cast<int>(sql.size()), &statement_, nullptr);
  }
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;
  ~Statement() { sqlite3_finalize(statement_); }

  Statement& text(std::string_view value, std::size_t limit) {
    const auto kept = head_of(value, limit);
    note(sqlite3_bind_text64(statement_, ++bound_, kept.data() != nullptr ? kept.data() : "", kept.size(),
                             SQLITE_STATIC, SQLITE_UTF8));
    return *this;
  }
  Statement& number(std::int64_t value) {
    note(sqlite3_bind_int64(statement_, ++bound_, value));
    return *this;
  }

  /// True while there is a row.
  Result<bool> step() {
    if (code_ != SQLITE_OK) return error_of(handle_, code_);
    const int code = sqlite3_step(statement_);
    column_ = 0;
    if (code == SQLITE_ROW) return true;
    if (code == SQLITE_DONE) return false;
    return error_of(handle_, code);
  }
  Status run() {
    const auto stepped = step();
    if (!stepped) return stepped.error();
    return Nothing{};
  }

  [[nodiscard]] bool is_null() const { return sqlite3_column_type(statement_, column_) == SQLITE_NULL; }
  std::int64_t take_number() { return sqlite3_column_int64(statement_, column_++); }
  std::string take_text() {
    const auto* bytes = static_cast<const char*>(sqlite3_column_blob(statement_, column_));
    const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement_, column_++));
    return bytes == nullptr ? std::string{} : std::string(bytes, size);
  }

 private:
  void note(int code) {
    if (code_ == SQLITE_OK) code_ = code;
  }

  sqlite3* handle_;
  sqlite3_stmt* statement_ = nullptr;
  int code_ = SQLITE_OK;
  int bound_ = 0;
  int column_ = 0;
};

Duration take_duration(Statement& row) { return std::chrono::microseconds{row.take_number()}; }
std::int64_t stored_duration(Duration duration) {
  return std::chrono::duration_cast<std::chrono::microseconds>(duration).count();
}

class SqliteDatabase final : public Database {
 public:
  SqliteDatabase(sqlite3* handle, StoreRun run, const StoreLimits& limits)
      : handle_(handle), run_(std::move(run)), limits_(limits) {}
  SqliteDatabase(const SqliteDatabase&) = delete;
  SqliteDatabase& operator=(const SqliteDatabase&) = delete;
  ~SqliteDatabase() override { sqlite3_close_v2(handle_); }

  Status prepare() {
    sqlite3_busy_timeout(handle_, busy_milliseconds);
    // Before the first table: it cannot be changed later without a VACUUM.
    if (auto done = execute("PRAGMA auto_vacuum = INCREMENTAL"); !done) return done;
    if (auto done = execute("PRAGMA journal_mode = WAL"); !done) return done;
    if (auto done = execute("PRAGMA synchronous = NORMAL; PRAGMA trusted_schema = OFF; "
                            "PRAGMA journal_size_limit = 4194304; PRAGMA cache_size = -1024");
        !done) {
      return done;
    }
    return migrate();
  }

  Status write(std::span<const Record> records) override {
    if (auto begun = execute("BEGIN IMMEDIATE"); !begun) return begun;
    for (const auto& record : records) {
      auto written = std::visit([this](const auto& it) { return put(it); }, record);
      if (!written) return give_up(std::move(written).error());
    }
    auto committed = execute("COMMIT");
    return committed ? committed : give_up(std::move(committed).error());
  }

  Result<HistoryPage> read(const HistoryQuery& query) override {
    HistoryPage page;
    auto actions = read_actions(query, page);
    if (!actions) return std::move(actions).error();
    auto events = read_events(query, page);
    if (!events) return std::move(events).error();
    return page;
  }

  Result<Memos> memos() override {
    Memos memos;
    Statement rows(handle_, "SELECT key, text FROM memos LIMIT ?");
    rows.number(memos_max);
    for (;;) {
      const auto more = rows.step();
      if (!more) return more.error();
      if (!*more) return memos;
      auto key = rows.take_text();
      memos.insert_or_assign(std::move(key), rows.take_text());
    }
  }

  Result<bool> prune(WallTime now) override {
    const auto size = size_bytes();
    if (!size) return size.error();
    const bool is_too_big = *size > limits_.max_size_bytes;
    const auto oldest = is_too_big ? INT64_MAX : stored_time(now - limits_.keep);
    int forgotten = 0;
    for (const auto* table : {"actions", "events"}) {
      Statement some(handle_, std::string("DELETE FROM ") + table + " WHERE id IN (SELECT id FROM " + table +
                                  " WHERE at < ? ORDER BY id LIMIT ?)");
      auto done = some.number(oldest).number(prune_step).run();
      if (!done) return std::move(done).error();
      forgotten += sqlite3_changes(handle_);
    }
    if (forgotten == 0) return false;
    auto returned = execute("PRAGMA incremental_vacuum(256)");
    if (!returned) return std::move(returned).error();
    return true;
  }

  Result<std::uint64_t> size_bytes() override {
    const auto pages = pragma("PRAGMA page_count");
    if (!pages) return pages.error();
    const auto free_pages = pragma("PRAGMA freelist_count");
    if (!free_pages) return free_pages.error();
    const auto page_size = pragma("PRAGMA page_size");
    if (!page_size) return page_size.error();
    return static_cast<std::uint64_t>((*pages - *free_pages) * *page_size);
  }

 private:
  Status execute(const char* sql) {
    const int code = sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr);
    if (code != SQLITE_OK) return error_of(handle_, code);
    return Nothing{};
  }

  Result<std::int64_t> pragma(const char* sql) {
    Statement row(handle_, sql);
    const auto more = row.step();
    if (!more) return more.error();
    return *more ? row.take_number() : 0;
  }

  Status give_up(Error error) {
    (void)execute("ROLLBACK");  // It may be rolled back already; what went wrong first is what counts.
    return error;
  }

  Status migrate() {
    if (auto begun = execute("BEGIN IMMEDIATE"); !begun) return begun;
    const auto version = pragma("PRAGMA user_version");
    if (!version) return give_up(version.error());
    if (*version > static_cast<std::int64_t>(migrations.size()))
      return give_up({Error::Kind::refused, "it was made by a newer systemcheckd"});
    for (auto next = static_cast<std::size_t>(*version); next < migrations.size(); ++next) {
      const auto count = "PRAGMA user_version = " + std::to_string(next + 1);
      if (auto made = execute(migrations.at(next)); !made) return give_up(std::move(made).error());
      if (auto made = execute(count.c_str()); !made) return give_up(std::move(made).error());
    }
    return execute("COMMIT");
  }

  Status put(const Intention& it) {
    Statement row(handle_,
                  "INSERT INTO actions (run, number, boot_id, at, service, verb, reason, command, owner, "
                  "asked_by, mode, attempt, old_identity) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?) "
                  "ON CONFLICT DO NOTHING");
    row.number(run_.id).number(static_cast<std::int64_t>(it.number)).text(run_.boot_id, name_limit);
    row.number(stored_time(it.at)).text(it.service, name_limit).text(it.verb, name_limit);
    row.text(it.reason, line_limit).text(it.command, line_limit).text(it.owner, name_limit);
    row.text(it.asked_by, name_limit).text(it.mode, name_limit).number(it.attempt);
    return row.text(it.old_identity, name_limit).run();
  }

  Status put(const ActionEnd& it) {
    Statement row(handle_,
                  "UPDATE actions SET ended_at=?, kind=?, exit_status=?, detail=?, output=?, took=? "
                  "WHERE run=? AND number=?");
    row.number(stored_time(it.at)).text(it.kind, name_limit).number(it.exit_status);
    row.text(it.detail, line_limit).text(tail_of(it.output, output_limit), output_limit);
    row.number(stored_duration(it.took)).number(run_.id);
    return row.number(static_cast<std::int64_t>(it.number)).run();
  }

  Status put(const ActionVerdict& it) {
    Statement row(handle_,
                  "UPDATE actions SET judged_at=?, verified=?, why=?, new_identity=?, downtime=? "
                  "WHERE run=? AND number=?");
    row.number(stored_time(it.at)).number(it.is_verified ? 1 : 0).text(it.why, line_limit);
    row.text(it.new_identity, name_limit).number(stored_duration(it.downtime)).number(run_.id);
    return row.number(static_cast<std::int64_t>(it.number)).run();
  }

  Status put(const LateMark& it) {
    Statement row(handle_, "UPDATE actions SET late=1 WHERE run=? AND number=?");
    return row.number(run_.id).number(static_cast<std::int64_t>(it.number)).run();
  }

  Status put(const Event& it) {
    Statement row(handle_,
                  "INSERT INTO events (run, boot_id, at, service, was, becomes, owner, reason) "
                  "VALUES (?,?,?,?,?,?,?,?)");
    row.number(run_.id).text(run_.boot_id, name_limit).number(stored_time(it.at));
    row.text(it.service, name_limit).text(it.from, name_limit).text(it.to, name_limit);
    return row.text(it.owner, name_limit).text(it.reason, line_limit).run();
  }

  Status put(const Memo& it) {
    Statement row(handle_,
                  "INSERT INTO memos VALUES (?,?) ON CONFLICT (key) DO UPDATE SET text=excluded.text");
    return row.text(it.key, name_limit).text(it.text, memo_limit).run();
  }

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

  static void bind(Statement& rows, const HistoryQuery& query) {
    rows.text(query.service, name_limit).text(query.service, name_limit);
    rows.number(query.since ? stored_time(*query.since) : INT64_MIN);
    rows.number(static_cast<std::int64_t>(std::min(query.limit, page_limit)));
  }

  Status read_actions(const HistoryQuery& query, HistoryPage& page) {
    Statement rows(
        handle_,
        "SELECT run, number, boot_id, at, service, verb, reason, command, owner, asked_by, mode, "
        "attempt, old_identity, late, ended_at, kind, exit_status, detail, output, took, judged_at, "
        "verified, why, new_identity, downtime FROM actions "
        "WHERE (?='' OR service=?) AND at >= ? ORDER BY id DESC LIMIT ?");
    bind(rows, query);
    for (;;) {
      const auto more = rows.step();
      if (!more) return more.error();
      if (!*more) return Nothing{};
      page.actions.push_back(take_action(rows));
    }
  }

  Status read_events(const HistoryQuery& query, HistoryPage& page) {
    Statement rows(handle_,
                   "SELECT at, service, was, becomes, owner, reason FROM events "
                   "WHERE (?='' OR service=?) AND at >= ? ORDER BY id DESC LIMIT ?");
    bind(rows, query);
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

  sqlite3* handle_;
  const StoreRun run_;
  const StoreLimits limits_;
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
  sqlite3* handle = nullptr;
  constexpr int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
  const int code = sqlite3_open_v2(path.c_str(), &handle, flags, nullptr);
  auto database = std::make_unique<SqliteDatabase>(handle, std::move(run), limits);
  if (code != SQLITE_OK) return error_of(handle, code).within(path);
  if (auto prepared = database->prepare(); !prepared) return std::move(prepared).error().within(path);
  return std::unique_ptr<Database>(std::move(database));
}

}  // namespace systemcheck
