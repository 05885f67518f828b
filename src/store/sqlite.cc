#include "store/sqlite.h"

#include <sqlite3.h>
#include <unistd.h>

#include <limits>

#include "store/stored.h"

namespace systemcheck {
namespace {

/// The store's thread has time; who holds a lock longer is told of.
constexpr int busy_milliseconds = 250;
/// No row of ours is nearly as long; a file that claims so is refused by SQLite.
constexpr int row_max_bytes = 1 << 20;

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

/// A path as the address that SQLite reads: sqlite.org/uri.html.
std::string address_of(const std::string& path) {
  std::string address = "file:";
  for (const char letter : path) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    const auto value = static_cast<unsigned char>(letter);
    const bool is_special = letter == '%' || letter == '?' || letter == '#';
    address += is_special ? std::string{'%', digits[value / 16], digits[value % 16]} : std::string{letter};
  }
  return address;
}

}  // namespace

Result<std::unique_ptr<Sqlite>> Sqlite::open(const std::string& path, int flags) {
  sqlite3* handle = nullptr;
  const int code = sqlite3_open_v2(path.c_str(), &handle, flags | SQLITE_OPEN_NOMUTEX, nullptr);
  auto file = std::make_unique<Sqlite>(handle);
  if (code != SQLITE_OK) return error_of(handle, code);
  sqlite3_busy_timeout(handle, busy_milliseconds);
  sqlite3_limit(handle, SQLITE_LIMIT_LENGTH, row_max_bytes);
  return file;
}

Result<std::unique_ptr<Sqlite>> Sqlite::open(const std::string& path) {
  return open(path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
}

/// Without a log beside it nobody has it open for writing, and all is in the file: then it is read as it is,
/// as from a medium that nobody can write to. Otherwise SQLite would make a log to have one to look into.
Result<std::unique_ptr<Sqlite>> Sqlite::open_to_read(const std::string& path) {
  const bool is_written = ::access((path + "-wal").c_str(), F_OK) == 0;
  const auto address = address_of(path) + (is_written ? "?mode=ro" : "?mode=ro&immutable=1");
  return open(address, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI);
}

Sqlite::~Sqlite() { sqlite3_close_v2(handle_); }

Status Sqlite::execute(const char* sql) {
  const int code = sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return error_of(handle_, code);
  return Nothing{};
}

Result<std::int64_t> Sqlite::number(const char* sql) {
  Statement row(*this, sql);
  const auto more = row.step();
  if (!more) return more.error();
  return *more ? row.take_number() : 0;
}

int Sqlite::changes() const { return sqlite3_changes(handle_); }

void Sqlite::leave_log() {
  int is_kept = 1;
  (void)sqlite3_file_control(handle_, "main", SQLITE_FCNTL_PERSIST_WAL,
                             &is_kept);  // In memory there is none.
}

Statement::Statement(Sqlite& file, std::string_view sql) : handle_(file.handle_) {
  code_ = sqlite3_prepare_v2(handle_, sql.data(), static_cast<int>(sql.size()), &statement_, nullptr);
}

Statement::~Statement() { sqlite3_finalize(statement_); }

Statement& Statement::text(std::string_view value, std::size_t limit) {
  const auto kept = head_of(value, limit);
  note(sqlite3_bind_text64(statement_, ++bound_, kept.data() != nullptr ? kept.data() : "", kept.size(),
                           SQLITE_STATIC, SQLITE_UTF8));
  return *this;
}

Statement& Statement::number(std::int64_t value) {
  note(sqlite3_bind_int64(statement_, ++bound_, value));
  return *this;
}

Statement& Statement::real(double value) {
  note(sqlite3_bind_double(statement_, ++bound_, value));
  return *this;
}

Result<bool> Statement::step() {
  if (code_ != SQLITE_OK) return error_of(handle_, code_);
  const int code = sqlite3_step(statement_);
  column_ = 0;
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  return error_of(handle_, code);
}

Status Statement::run() {
  const auto stepped = step();
  if (!stepped) return stepped.error();
  return Nothing{};
}

Status Statement::run_again() {
  auto done = run();
  sqlite3_reset(statement_);
  bound_ = 0;
  return done;
}

bool Statement::is_null() const { return sqlite3_column_type(statement_, column_) == SQLITE_NULL; }

std::int64_t Statement::take_number() { return sqlite3_column_int64(statement_, column_++); }

double Statement::take_real() {
  const bool is_known = !is_null();
  const double value = sqlite3_column_double(statement_, column_++);
  return is_known ? value : std::numeric_limits<double>::quiet_NaN();
}

std::string Statement::take_text() {
  const auto* bytes = static_cast<const char*>(sqlite3_column_blob(statement_, column_));
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement_, column_++));
  return bytes == nullptr ? std::string{} : std::string(bytes, size);
}

void Statement::note(int code) {
  if (code_ == SQLITE_OK) code_ = code;
}

}  // namespace systemcheck
