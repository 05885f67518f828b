#include "store/database.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <string>

#include "support/temporary_directory.h"

namespace systemcheck::test {
namespace {

using namespace std::chrono_literals;

constexpr WallTime noon{std::chrono::seconds{1'795'348'800}};
constexpr Instant at_noon{std::chrono::hours{1000}};  ///< since boot

/// So long after noon, by both clocks.
Moment after_noon(Duration by) { return {.wall = noon + by, .instant = at_noon + by}; }

Intention intention(ActionNumber number, const std::string& service, WallTime at = noon) {
  return {.number = number, .at = at, .service = service, .verb = "start", .reason = "gone", .mode = "act"};
}

/// What a daemon of the first version left, with something in each table, in Python.
std::string first_version() {
  return R"(
import sqlite3, sys
c = sqlite3.connect(sys.argv[1])
c.executescript("""PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL;
CREATE TABLE actions (id INTEGER PRIMARY KEY, run INTEGER NOT NULL, number INTEGER NOT NULL,
  boot_id TEXT NOT NULL, at INTEGER NOT NULL, service TEXT NOT NULL, verb TEXT NOT NULL,
  reason TEXT NOT NULL, command TEXT NOT NULL, owner TEXT NOT NULL, asked_by TEXT NOT NULL,
  mode TEXT NOT NULL, attempt INTEGER NOT NULL, old_identity TEXT NOT NULL, late INTEGER NOT NULL DEFAULT 0,
  ended_at INTEGER, kind TEXT, exit_status INTEGER, detail TEXT, output TEXT, took INTEGER,
  judged_at INTEGER, verified INTEGER, why TEXT, new_identity TEXT, downtime INTEGER, UNIQUE (run, number));
CREATE INDEX actions_of_service ON actions (service, id);
CREATE TABLE events (id INTEGER PRIMARY KEY, run INTEGER NOT NULL, boot_id TEXT NOT NULL,
  at INTEGER NOT NULL, service TEXT NOT NULL, was TEXT NOT NULL, becomes TEXT NOT NULL,
  owner TEXT NOT NULL, reason TEXT NOT NULL);
CREATE INDEX events_of_service ON events (service, id);
CREATE TABLE memos (key TEXT PRIMARY KEY, text TEXT NOT NULL) WITHOUT ROWID;
INSERT INTO actions VALUES (1, 3, 1, 'boot', 1795348800000000, 'web', 'start', 'gone', 'cmd', 'systemcheck',
  'systemcheck', 'act', 1, '12:34', 0, 1795348801000000, 'succeeded', 0, 'done', '', 30000,
  1795348802000000, 1, '1 process', '56:78', 40000);
INSERT INTO events VALUES (1, 3, 'boot', 1795348800000000, 'web', 'up', 'restarting', 'systemcheck', 'gone');
INSERT INTO memos VALUES ('restart/web', '{}');
PRAGMA user_version = 1;""")
c.commit()
)";
}

class DatabaseFile : public testing::Test {
 protected:
  std::unique_ptr<Database> open(std::int64_t run = 1, StoreLimits limits = {}) {
    auto database = Database::open(path, {.id = run, .boot_id = "boot"}, limits);
    EXPECT_TRUE(database) << (database ? "" : database.error().message);
    return database ? *std::move(database) : nullptr;
  }
  static void write(Database& database, const std::vector<Record>& records,
                    const Moment& now = after_noon(0s)) {
    const auto written = database.write(records, now);
    ASSERT_TRUE(written) << written.error().message;
  }

  TemporaryDirectory directory{};
  std::string path = directory.path("state.db");
};

TEST_F(DatabaseFile, TellsAnActionFromItsBeginningToItsVerdict) {
  const auto database = open();
  auto begun = intention(1, "web");
  begun.old_identity = "12:34";
  begun.attempt = 3;
  write(*database, {begun});
  write(*database, {ActionEnd{.number = 1,
                              .at = noon + 1s,
                              .kind = "succeeded",
                              .exit_status = 0,
                              .detail = "done",
                              .output = "line one\nline two\n",
                              .took = 30ms},
                    ActionVerdict{.number = 1,
                                  .at = noon + 2s,
                                  .is_verified = true,
                                  .why = "1 process",
                                  .new_identity = "56:78",
                                  .downtime = 40ms}});
  const auto page = database->read({.service = "web"});
  ASSERT_TRUE(page);
  ASSERT_EQ(page->actions.size(), 1U);
  const auto& action = page->actions[0];
  EXPECT_EQ(action.boot_id, "boot");
  EXPECT_EQ(action.intention.old_identity, "12:34");
  EXPECT_EQ(action.intention.attempt, 3U);
  EXPECT_EQ(action.intention.at, noon);
  ASSERT_TRUE(action.end && action.verdict);
  EXPECT_EQ(action.end->output, "line one\nline two\n");
  EXPECT_EQ(action.end->took, 30ms);
  EXPECT_EQ(action.verdict->new_identity, "56:78");
  EXPECT_EQ(action.verdict->downtime, 40ms);
  EXPECT_EQ(result_word(action), "up");
}

TEST_F(DatabaseFile, ShowsWhatADeadDaemonHadBegunAsUnfinished) {
  write(*open(1), {intention(1, "web")});
  const auto next = open(2);
  write(*next, {intention(1, "web")});
  const auto page = next->read({});
  ASSERT_TRUE(page);
  ASSERT_EQ(page->actions.size(), 2U);
  EXPECT_EQ(result_word(page->actions[0]), "running");
  EXPECT_EQ(result_word(page->actions[1]), "unfinished");
}

TEST_F(DatabaseFile, AnOutcomeOfThisRunTouchesNoActionOfAnother) {
  write(*open(1), {intention(1, "web")});
  const auto next = open(2);
  write(*next, {ActionEnd{.number = 1, .kind = "succeeded"}});
  EXPECT_FALSE(next->read({})->actions.at(0).end);
}

TEST_F(DatabaseFile, KeepsTheNewestTextOfAKey) {
  write(*open(), {Memo{"a", "1"}, Memo{"b", "x"}, Memo{"a", "2"}});
  const auto memos = open()->memos();
  ASSERT_TRUE(memos);
  EXPECT_EQ(memos->at("a"), "2");
  EXPECT_EQ(memos->size(), 2U);
}

TEST_F(DatabaseFile, IsReadByItsOwnerAndGroupOnly) {
  write(*open(), {Memo{"a", "1"}});
  struct stat status {};
  ASSERT_EQ(::stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0640U);
}

TEST_F(DatabaseFile, CutsWhatIsTooLongAndKeepsTheEndOfTheOutput) {
  const auto database = open();
  auto begun = intention(1, std::string(10'000, 'n'));
  begun.reason = std::string(line_limit - 1, 'r') + "é";
  write(*database, {begun, ActionEnd{.number = 1, .output = std::string(9'000, 'x') + "the end"}});
  const auto page = database->read({});
  ASSERT_EQ(page->actions.size(), 1U);
  EXPECT_EQ(page->actions[0].intention.service.size(), name_limit);
  EXPECT_EQ(page->actions[0].intention.reason, std::string(line_limit - 1, 'r')) << "no half a character";
  EXPECT_EQ(page->actions[0].end->output.size(), output_limit);
  EXPECT_TRUE(page->actions[0].end->output.ends_with("the end"));
}

TEST_F(DatabaseFile, TakesHostileTextsAsTheyAre) {
  const auto database = open();
  const std::string hostile("'; DROP TABLE actions; --\0\xff\x1b[31m", 33);
  write(*database, {intention(1, hostile), Event{.at = noon, .service = hostile, .to = "up"}});
  const auto page = database->read({.service = hostile});
  ASSERT_TRUE(page);
  ASSERT_EQ(page->actions.size(), 1U);
  EXPECT_EQ(page->actions[0].intention.service, hostile);
  EXPECT_EQ(page->events.at(0).service, hostile);
}

TEST_F(DatabaseFile, AnswersWithTheNewestOfOneServiceSinceATime) {
  const auto database = open();
  write(*database, {intention(1, "web", noon), intention(2, "mail", noon + 1s),
                    intention(3, "web", noon + 2s), intention(4, "web", noon + 3s)});
  const auto page = database->read({.service = "web", .since = noon + 1s, .limit = 1});
  ASSERT_EQ(page->actions.size(), 1U);
  EXPECT_EQ(page->actions[0].intention.number, 4U);
  EXPECT_EQ(database->read({.service = "web", .since = noon + 1s})->actions.size(), 2U);
}

TEST_F(DatabaseFile, ForgetsWhatIsOlderThanItsTime) {
  const auto database = open(1, {.keep = 1h});
  write(*database, {intention(1, "web"), Event{.at = noon, .to = "up"}, Situation{.at = noon, .text = "{}"}});
  write(*database, {intention(2, "web"), Event{.at = noon, .to = "down"}}, after_noon(30min));
  EXPECT_FALSE(*database->prune(after_noon(1h)));
  const auto more = database->prune(after_noon(1h + 1s));
  ASSERT_TRUE(more);
  EXPECT_TRUE(*more);
  EXPECT_FALSE(*database->prune(after_noon(1h + 1s)));
  const auto page = database->read({});
  ASSERT_EQ(page->actions.size(), 1U);
  EXPECT_EQ(page->actions[0].intention.number, 2U);
  ASSERT_EQ(page->events.size(), 1U);
  EXPECT_EQ(page->events[0].to, "down");
}

TEST_F(DatabaseFile, StaysWithinItsSize) {
  constexpr std::uint64_t limit = 1 << 20;
  const auto database = open(1, {.max_size_bytes = limit});
  ActionNumber number = 0;
  for (int round = 0; round < 20; ++round) {
    std::vector<Record> records;
    for (int i = 0; i < 50; ++i) {
      records.emplace_back(intention(++number, "web"));
      records.emplace_back(ActionEnd{.number = number, .output = std::string(output_limit, 'x')});
    }
    write(*database, records);
    while (*database->prune(after_noon(0s)))
      continue;
    EXPECT_LE(*database->size_bytes(), limit);
  }
  EXPECT_EQ(database->read({})->actions.at(0).intention.number, number) << "the newest stay";
}

TEST_F(DatabaseFile, MakesRoomWithSituationsBeforeItForgetsWhatWasDone) {
  constexpr std::uint64_t limit = 1 << 20;
  const auto database = open(1, {.max_size_bytes = limit});
  write(*database, {intention(1, "web"), Event{.at = noon, .to = "up"}});
  const std::vector<Record> situations(
      50, Situation{.at = noon, .service = "web", .text = std::string(4'000, 'x')});
  for (int round = 0; round < 20; ++round) {
    write(*database, situations);
    while (*database->prune(after_noon(0s)))
      continue;
    EXPECT_LE(*database->size_bytes(), limit);
  }
  EXPECT_EQ(database->read({})->actions.size(), 1U);
  EXPECT_EQ(database->read({})->events.size(), 1U);
}

TEST_F(DatabaseFile, AClockThatIsAYearAheadForgetsNothingEarly) {
  const auto database = open(1, {.keep = 1h});
  write(*database, {intention(1, "web")});
  const auto ahead = [](Duration by) {
    return Moment{.wall = noon + by + std::chrono::hours{24 * 365}, .instant = at_noon + by};
  };
  write(*database, {intention(2, "web")}, ahead(30min));
  EXPECT_FALSE(*database->prune(ahead(1h)));
  EXPECT_TRUE(*database->prune(ahead(1h + 1s)));
  EXPECT_EQ(database->read({})->actions.size(), 1U);
}

TEST_F(DatabaseFile, AClockThatIsSetBackKeepsNothingForEver) {
  const auto database = open(1, {.keep = 1h});
  write(*database, {intention(1, "web")});
  const auto behind = [](Duration by) {
    return Moment{.wall = noon + by - std::chrono::hours{24 * 365}, .instant = at_noon + by};
  };
  write(*database, {intention(2, "web", behind(0s).wall)}, behind(30min));
  EXPECT_FALSE(*database->prune(behind(1h)));
  EXPECT_TRUE(*database->prune(behind(2h)));
  EXPECT_TRUE(database->read({})->actions.empty());
}

TEST_F(DatabaseFile, OverTheTimeThatTheMachineWasOffItBelievesTheWallClockForAWeek) {
  constexpr Duration day = 24h;
  const StoreLimits limits{.keep = 10 * day};
  const auto of_boot = [&](const std::string& boot) {
    return *Database::open(path, {.id = 2, .boot_id = boot}, limits);
  };
  const auto booted = [](Duration wall) { return Moment{.wall = noon + wall, .instant = Instant{1min}}; };
  write(*open(1, limits), {intention(1, "web")});
  EXPECT_FALSE(*of_boot("next")->prune(booted(5 * day)));
  write(*of_boot("next"), {LateMark{}, Event{.at = noon, .to = "up"}}, booted(5 * day));
  EXPECT_FALSE(*of_boot("third")->prune(booted(9 * day)));
  EXPECT_TRUE(*of_boot("third")->prune(booted(11 * day)));
  EXPECT_TRUE(of_boot("third")->read({})->actions.empty());

  write(*of_boot("third"), {intention(1, "web")}, booted(11 * day));
  ASSERT_TRUE(of_boot("fourth")->prune(booted(365 * day)));
  EXPECT_EQ(of_boot("fourth")->read({})->actions.size(), 1U) << "it was not off for a year";
}

TEST_F(DatabaseFile, MakesTheTablesOfAnOlderDaemonIntoItsOwnAndKeepsWhatIsInThem) {
  const TemporaryDirectory scratch;
  const auto script =
      scratch.write_script("old", "exec /usr/bin/python3 - \"$1\" <<'END'\n" + first_version() + "END");
  ASSERT_EQ(std::system((script + " " + path).c_str()), 0);
  const auto database = open(7, {.keep = 1h});
  const auto page = database->read({});
  ASSERT_TRUE(page) << page.error().message;
  ASSERT_EQ(page->actions.size(), 1U);
  EXPECT_EQ(page->actions[0].intention.service, "web");
  EXPECT_EQ(page->actions[0].end->detail, "done");
  ASSERT_EQ(page->events.size(), 1U);
  EXPECT_EQ(database->memos()->at("restart/web"), "{}");

  write(*database, {intention(1, "mail"), Situation{.at = noon, .text = "{}"}});
  EXPECT_FALSE(*database->prune(after_noon(59min))) << "the age of what is old counts from now on";
  EXPECT_TRUE(*database->prune(after_noon(2h)));
  EXPECT_TRUE(database->read({})->actions.empty());
}

TEST_F(DatabaseFile, RefusesTheFileOfANewerDaemonAndLeavesIt) {
  (void)open();
  const auto command = "/usr/bin/python3 -c \"import sqlite3; c = sqlite3.connect('" + path +
                       "'); c.execute('PRAGMA user_version = 99'); c.commit()\"";
  ASSERT_EQ(std::system(command.c_str()), 0);
  const auto again = Database::open(path, {}, {});
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().kind, Error::Kind::refused);
}

TEST_F(DatabaseFile, TellsADamagedFileFromOneThatIsMissing) {
  directory.write_file("state.db", std::string(8192, 'x'));
  const auto damaged = Database::open(path, {}, {});
  ASSERT_FALSE(damaged);
  EXPECT_EQ(damaged.error().kind, Error::Kind::malformed);
  const auto missing = Database::open(directory.path("no/such/state.db"), {}, {});
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().kind, Error::Kind::denied);
}

}  // namespace
}  // namespace systemcheck::test
