#include "store/schema.h"

#include <array>
#include <cstdint>
#include <string>
#include <utility>

namespace systemcheck {
namespace {

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
       CREATE TABLE memos (key TEXT PRIMARY KEY, text TEXT NOT NULL) WITHOUT ROWID;)",
    // What was decided upon, and an age of its own for every row: history_clock.h. Of what is there already
    // the age is counted from now on.
    R"(CREATE TABLE situations (id INTEGER PRIMARY KEY, run INTEGER NOT NULL, boot_id TEXT NOT NULL,
         at INTEGER NOT NULL, instant INTEGER NOT NULL, round INTEGER NOT NULL, service TEXT NOT NULL,
         text TEXT NOT NULL, elapsed INTEGER NOT NULL);
       ALTER TABLE actions ADD COLUMN elapsed INTEGER NOT NULL DEFAULT 0;
       ALTER TABLE events ADD COLUMN elapsed INTEGER NOT NULL DEFAULT 0;
       CREATE TABLE clock (id INTEGER PRIMARY KEY CHECK (id = 1), elapsed INTEGER NOT NULL,
         boot_id TEXT NOT NULL, instant INTEGER NOT NULL, at INTEGER NOT NULL);)",
    // Who may send mail for a while, how far each log was read by then, and who could when.
    R"(CREATE TABLE relay_grants (network TEXT PRIMARY KEY, until INTEGER NOT NULL, text TEXT NOT NULL) WITHOUT ROWID;
       CREATE TABLE relay_places (log TEXT PRIMARY KEY, place TEXT NOT NULL) WITHOUT ROWID;
       CREATE TABLE relay_changes (id INTEGER PRIMARY KEY, at INTEGER NOT NULL, network TEXT NOT NULL,
         becomes TEXT NOT NULL, user TEXT NOT NULL, reason TEXT NOT NULL, elapsed INTEGER NOT NULL);
       CREATE INDEX relay_changes_of_network ON relay_changes (network, id);)",
    // How the machine was, for the charts: sample_rows.h.
    R"(CREATE TABLE samples (minute INTEGER PRIMARY KEY, at INTEGER NOT NULL, load REAL, load_per_cpu REAL,
         usable REAL, clients REAL, shedding INTEGER NOT NULL);)"};

/// Since when there are all tables that are only read.
constexpr std::int64_t readable = 2;
constexpr auto newest = static_cast<std::int64_t>(migrations.size());

Error newer() { return {Error::Kind::refused, "it was made by a newer systemcheckd"}; }

Status take_step(Sqlite& file, std::int64_t version) {
  const auto count = "PRAGMA user_version = " + std::to_string(version + 1);
  if (auto made = file.execute(migrations.at(static_cast<std::size_t>(version))); !made) return made;
  return file.execute(count.c_str());
}

Status take_steps(Sqlite& file) {
  const auto version = file.number("PRAGMA user_version");
  if (!version) return version.error();
  if (*version > newest) return newer();
  for (auto next = *version; next < newest; ++next) {
    if (auto taken = take_step(file, next); !taken) return taken;
  }
  return file.execute("COMMIT");
}

}  // namespace

Status migrate(Sqlite& file) {
  if (auto begun = file.execute("BEGIN IMMEDIATE"); !begun) return begun;
  auto taken = take_steps(file);
  // It may be rolled back already; what went wrong first is what counts.
  if (!taken) (void)file.execute("ROLLBACK");
  return taken;
}

Status check_tables(Sqlite& file) {
  const auto version = file.number("PRAGMA user_version");
  if (!version) return version.error();
  if (*version > newest) return newer();
  const auto tables = file.number(
      "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name IN ('actions', 'events', 'memos')");
  if (!tables) return tables.error();
  if (*tables != 3) return Error{Error::Kind::malformed, "it is no history of systemcheckd"};
  if (*version >= readable) return Nothing{};
  return Error{Error::Kind::refused, "it was made by an older systemcheckd, which wrote down no situations"};
}

}  // namespace systemcheck
