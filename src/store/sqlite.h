#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

struct sqlite3;
struct sqlite3_stmt;

namespace systemcheck {

/// A file of SQLite that is open. An error of kind malformed: it is no database, or a damaged one; of kind
/// timed_out: somebody else has locked it.
class Sqlite {
 public:
  /// Made where it is missing.
  static Result<std::unique_ptr<Sqlite>> open(const std::string& path);
  /// Touches nothing but, where somebody is writing, the memory that both share.
  static Result<std::unique_ptr<Sqlite>> open_to_read(const std::string& path);
  explicit Sqlite(sqlite3* handle) : handle_(handle) {}
  Sqlite(const Sqlite&) = delete;
  Sqlite& operator=(const Sqlite&) = delete;
  ~Sqlite();

  Status execute(const char* sql);
  /// The first number that it answers with; 0 where there is none.
  Result<std::int64_t> number(const char* sql);
  [[nodiscard]] int changes() const;
  /// At its end the log beside the file stays: another file may have taken the name, and the log is that
  /// one's.
  void leave_log();

 private:
  friend class Statement;
  static Result<std::unique_ptr<Sqlite>> open(const std::string& path, int flags);

  sqlite3* handle_;
};

/// One statement: bound from left to right, then run, its columns read from left to right.
class Statement {
 public:
  Statement(Sqlite& file, std::string_view sql);
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;
  ~Statement();

  /// The text must outlive the statement.
  Statement& text(std::string_view value, std::size_t limit);
  Statement& number(std::int64_t value);
  /// What is no number is kept as NULL, and read as no number.
  Statement& real(double value);

  /// True while there is a row.
  Result<bool> step();
  Status run();
  /// The same, and it can be bound and run anew then.
  Status run_again();

  [[nodiscard]] bool is_null() const;
  std::int64_t take_number();
  double take_real();
  std::string take_text();

 private:
  void note(int code);

  sqlite3* handle_;
  sqlite3_stmt* statement_ = nullptr;
  int code_ = 0;
  int bound_ = 0;
  int column_ = 0;
};

}  // namespace systemcheck
