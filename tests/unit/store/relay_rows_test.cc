#include "store/relay_rows.h"

#include <gtest/gtest.h>

#include "store/database.h"
#include "support/temporary_directory.h"

namespace systemcheck::test {
namespace {

using namespace std::chrono_literals;

constexpr WallTime noon{std::chrono::seconds{1'795'348'800}};
constexpr Moment now{.wall = noon, .instant = Instant{100h}};

class RelayRows : public testing::Test {
 protected:
  std::unique_ptr<Database> open(StoreLimits limits = {}) const {
    auto database = Database::open(directory.path("state.db"), {.id = 1, .boot_id = "boot"}, limits);
    EXPECT_TRUE(database);
    return *std::move(database);
  }
  static void write(Database& database, RelayNotes notes, const Moment& at = now) {
    const std::vector<Record> records{std::move(notes)};
    const auto written = database.write(records, at);
    EXPECT_TRUE(written) << (written ? "" : written.error().message);
  }
  static std::vector<std::string> grants(Database& database) {
    std::vector<std::string> texts;
    const auto state = database.relay();
    for (const auto& it : state->grants)
      texts.push_back(it.network + " " + std::to_string((it.until - noon) / 1s) + " " + it.text);
    return texts;
  }
  using Texts = std::vector<std::string>;

  TemporaryDirectory directory{};
};

TEST_F(RelayRows, AreThereForTheNextDaemon) {
  write(*open(), {.granted = {{"192.0.2.1", noon + 900s, "alice"}, {"2001:db8::/64", noon + 60s, "bob"}},
                  .places = {{"/var/log/maillog", "1 2 300 abc"}}});
  const auto database = open();
  EXPECT_EQ(grants(*database), (Texts{"192.0.2.1 900 alice", "2001:db8::/64 60 bob"}));
  EXPECT_EQ(database->relay()->places.at("/var/log/maillog"), "1 2 300 abc");
}

TEST_F(RelayRows, AreReplacedAndForgotten) {
  const auto database = open();
  write(*database, {.granted = {{"192.0.2.1", noon + 900s, "alice"}, {"192.0.2.2", noon + 1s, "bob"}},
                    .places = {{"log", "1"}}});
  write(
      *database,
      {.granted = {{"192.0.2.1", noon + 1800s, "alice"}}, .ended = {"192.0.2.2"}, .places = {{"log", "2"}}});
  EXPECT_EQ(grants(*database), Texts{"192.0.2.1 1800 alice"});
  EXPECT_EQ(database->relay()->places.at("log"), "2");
}

TEST_F(RelayRows, TellTheNewestChangeFirstOfOneNetworkOrOfAll) {
  const auto database = open();
  write(*database, {.changes = {{noon, "192.0.2.1", "granted", "alice", "dovecot"},
                                {noon + 1s, "192.0.2.2", "granted", "bob", "dovecot"},
                                {noon + 2s, "192.0.2.1", "expired", "", ""}}});
  const auto told = [&database](const HistoryQuery& query) {
    Texts texts;
    const auto page = database->read(query);
    for (const auto& it : page->relay_changes)
      texts.push_back(it.network + " " + it.to + " " + it.user);
    return texts;
  };
  EXPECT_EQ(told({.is_of_relay = true}),
            (Texts{"192.0.2.1 expired ", "192.0.2.2 granted bob", "192.0.2.1 granted alice"}));
  EXPECT_EQ(told({.is_of_relay = true, .service = "192.0.2.2"}), Texts{"192.0.2.2 granted bob"});
  EXPECT_EQ(told({.is_of_relay = true, .since = noon + 2s}), Texts{"192.0.2.1 expired "});
  EXPECT_EQ(told({.is_of_relay = true, .limit = 1}), Texts{"192.0.2.1 expired "});
  EXPECT_EQ(told({}), Texts{}) << "they are no history of services";
}

TEST_F(RelayRows, AreWrittenTogetherOrNotAtAll) {
  const auto database = open();
  write(*database, {.granted = {{"192.0.2.1", noon, "alice"}}, .places = {{"log", "1"}}});
  const auto path = directory.path("state.db");
  const std::string hindrance = "python3 -c 'import sqlite3; c = sqlite3.connect(\"" + path +
                                "\"); c.execute(\"CREATE TRIGGER no BEFORE UPDATE ON relay_places BEGIN "
                                "SELECT RAISE(ABORT, no); END\")'";
  ASSERT_EQ(std::system(hindrance.c_str()), 0);
  const std::vector<Record> records{
      RelayNotes{.granted = {{"192.0.2.9", noon, "mallory"}}, .places = {{"log", "2"}}}};
  EXPECT_FALSE(database->write(records, now));
  EXPECT_EQ(grants(*database), Texts{"192.0.2.1 0 alice"});
  EXPECT_EQ(database->relay()->places.at("log"), "1");
}

TEST_F(RelayRows, AreForgottenWhenTheyAreOldButForWhatStands) {
  const auto database = open({.keep = 24h});
  write(*database, {.granted = {{"192.0.2.1", noon + 900s, "alice"}},
                    .changes = {{noon, "192.0.2.1", "granted", "alice", "dovecot"}}});
  EXPECT_TRUE(*database->prune({.wall = noon + 48h, .instant = now.instant + 48h}));
  EXPECT_TRUE(database->read({.is_of_relay = true})->relay_changes.empty());
  EXPECT_EQ(grants(*database).size(), 1U);
}

}  // namespace
}  // namespace systemcheck::test
