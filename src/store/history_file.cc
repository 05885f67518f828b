#include "store/history_file.h"

#include <algorithm>
#include <filesystem>

#include "store/schema.h"
#include "store/sqlite.h"
#include "store/stored.h"

namespace systemcheck {
namespace {

/// SQLite would only say that it cannot; and to open a pipe waits for ever.
Status check_file(const std::string& path) {
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  if (status.type() == std::filesystem::file_type::not_found)
    return Error{Error::Kind::not_found, "there is no such file"};
  if (error) return Error{Error::Kind::denied, error.message()};
  if (!std::filesystem::is_regular_file(status)) return Error{Error::Kind::malformed, "it is no file"};
  return Nothing{};
}

SituationRow take_row(Statement& rows) {
  SituationRow row;
  row.id = rows.take_number();
  row.run = rows.take_number();
  row.boot_id = rows.take_text();
  row.situation.at = time_of(rows.take_number());
  row.situation.instant = instant_of(rows.take_number());
  row.situation.round = static_cast<std::uint64_t>(rows.take_number());
  row.situation.service = rows.take_text();
  row.situation.text = rows.take_text();
  return row;
}

Result<FiledSituations> read_rows(Sqlite& file, std::size_t limit) {
  FiledSituations filed;
  Statement rows(file,
                 "SELECT id, run, boot_id, at, instant, round, service, text FROM situations "
                 "ORDER BY id DESC LIMIT ?");
  rows.number(static_cast<std::int64_t>(limit) + 1);
  for (;;) {
    const auto more = rows.step();
    if (!more) return more.error();
    if (!*more) break;
    filed.rows.push_back(take_row(rows));
  }
  filed.is_cut = filed.rows.size() > limit;
  if (filed.is_cut) filed.rows.pop_back();
  std::ranges::reverse(filed.rows);
  return filed;
}

Result<FiledSituations> read_file(const std::string& path, std::size_t limit) {
  if (auto checked = check_file(path); !checked) return std::move(checked).error();
  const auto file = Sqlite::open_to_read(path);
  if (!file) return file.error();
  if (auto set = (*file)->execute("PRAGMA trusted_schema = OFF"); !set) return std::move(set).error();
  if (auto checked = check_tables(**file); !checked) return std::move(checked).error();
  return read_rows(**file, limit);
}

}  // namespace

Result<FiledSituations> read_situations(const std::string& path, std::size_t limit) {
  auto filed = read_file(path, limit);
  if (!filed) return std::move(filed).error().within(path);
  return filed;
}

}  // namespace systemcheck
