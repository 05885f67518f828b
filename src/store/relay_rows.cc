#include "store/relay_rows.h"

#include <algorithm>
#include <string>
#include <utility>

#include "store/stored.h"

namespace systemcheck {
namespace {

Status put_grants(Sqlite& file, const RelayNotes& notes) {
  Statement put(file,
                "INSERT INTO relay_grants VALUES (?,?,?) ON CONFLICT (network) DO UPDATE SET "
                "until=excluded.until, text=excluded.text");
  for (const auto& grant : notes.granted) {
    put.text(grant.network, name_limit).number(stored_time(grant.until)).text(grant.text, memo_limit);
    if (auto done = put.run_again(); !done) return done;
  }
  Statement end(file, "DELETE FROM relay_grants WHERE network=?");
  for (const auto& network : notes.ended) {
    if (auto done = end.text(network, name_limit).run_again(); !done) return done;
  }
  return Nothing{};
}

Status put_places(Sqlite& file, const RelayNotes& notes) {
  Statement put(file,
                "INSERT INTO relay_places VALUES (?,?) ON CONFLICT (log) DO UPDATE SET place=excluded.place");
  for (const auto& [log, place] : notes.places) {
    if (auto done = put.text(log, line_limit).text(place, line_limit).run_again(); !done) return done;
  }
  return Nothing{};
}

Status put_changes(Sqlite& file, const RelayNotes& notes, std::int64_t elapsed) {
  Statement put(
      file, "INSERT INTO relay_changes (at, network, becomes, user, reason, elapsed) VALUES (?,?,?,?,?,?)");
  for (const auto& change : notes.changes) {
    put.number(stored_time(change.at)).text(change.network, name_limit).text(change.to, name_limit);
    put.text(change.user, name_limit).text(change.reason, line_limit).number(elapsed);
    if (auto done = put.run_again(); !done) return done;
  }
  return Nothing{};
}

Status read_grants(Sqlite& file, RelayState& state) {
  Statement rows(file, "SELECT network, until, text FROM relay_grants LIMIT ?");
  rows.number(grants_max);
  for (;;) {
    const auto more = rows.step();
    if (!more) return more.error();
    if (!*more) return Nothing{};
    RelayGrant grant{.network = rows.take_text()};
    grant.until = time_of(rows.take_number());
    grant.text = rows.take_text();
    state.grants.push_back(std::move(grant));
  }
}

Status read_places(Sqlite& file, RelayState& state) {
  Statement rows(file, "SELECT log, place FROM relay_places LIMIT ?");
  rows.number(memos_max);
  for (;;) {
    const auto more = rows.step();
    if (!more) return more.error();
    if (!*more) return Nothing{};
    auto log = rows.take_text();
    state.places.insert_or_assign(std::move(log), rows.take_text());
  }
}

}  // namespace

Status put_relay_notes(Sqlite& file, const RelayNotes& notes, std::int64_t elapsed_microseconds) {
  if (auto put = put_grants(file, notes); !put) return put;
  if (auto put = put_places(file, notes); !put) return put;
  return put_changes(file, notes, elapsed_microseconds);
}

Result<RelayState> read_relay_state(Sqlite& file) {
  RelayState state;
  if (auto read = read_grants(file, state); !read) return std::move(read).error();
  if (auto read = read_places(file, state); !read) return std::move(read).error();
  return state;
}

Result<std::vector<RelayChange>> read_relay_changes(Sqlite& file, const HistoryQuery& query) {
  std::vector<RelayChange> changes;
  Statement rows(file,
                 "SELECT at, network, becomes, user, reason FROM relay_changes "
                 "WHERE (?='' OR network=?) AND at >= ? ORDER BY id DESC LIMIT ?");
  bind_query(rows, query);
  for (;;) {
    const auto more = rows.step();
    if (!more) return more.error();
    if (!*more) return changes;
    RelayChange change{.at = time_of(rows.take_number())};
    for (auto* text : {&change.network, &change.to, &change.user, &change.reason})
      *text = rows.take_text();
    changes.push_back(std::move(change));
  }
}

void bind_query(Statement& rows, const HistoryQuery& query) {
  rows.text(query.service, name_limit).text(query.service, name_limit);
  rows.number(query.since ? stored_time(*query.since) : INT64_MIN);
  rows.number(static_cast<std::int64_t>(std::min(query.limit, page_limit)));
}

}  // namespace systemcheck
