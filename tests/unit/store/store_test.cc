#include "store/store.h"

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <filesystem>
#include <string>

#include "support/real_loop.h"
#include "support/temporary_directory.h"

namespace systemcheck::test {
namespace {

using namespace std::chrono_literals;

class StoreThread : public RealLoopTest {
 protected:
  Store& open(const std::string& file = "state.db") {
    store_.reset();
    store_ =
        std::make_unique<Store>(loop(), StoreOpening{.path = directory.path(file), .run = {.id = ++run_}},
                                Store::Hooks{.say = [this](const auto& line) { lines.push_back(line); }});
    return *store_;
  }
  Intention web() { return {.at = loop().wall_now(), .service = "web"}; }
  void close() { store_.reset(); }

  HistoryPage read(const HistoryQuery& query = {}) {
    std::optional<Result<HistoryPage>> answer;
    store_->read(query, [&](Result<HistoryPage> page) { answer = std::move(page); });
    run_until([&] { return answer.has_value(); });
    EXPECT_TRUE(*answer) << (*answer ? "" : answer->error().message);
    return *answer ? *std::move(*answer) : HistoryPage{};
  }

  TemporaryDirectory directory{};
  std::vector<std::string> lines{};

 private:
  std::int64_t run_ = 0;
  std::unique_ptr<Store> store_{};
};

TEST_F(StoreThread, RunsTheActionOnceItsIntentionIsOnDisk) {
  auto& store = open();
  int times = 0;
  store.intend(web(), 1h, [&] { ++times; });
  EXPECT_EQ(times, 0) << "never within the call";
  run_until([&] { return times > 0; });
  run_for(5ms);
  EXPECT_EQ(times, 1);
  const auto page = read();
  ASSERT_EQ(page.actions.size(), 1U);
  EXPECT_FALSE(page.actions[0].is_late);
  EXPECT_EQ(store.status().actions_total, 1U);
  EXPECT_TRUE(store.status().is_ok);
}

TEST_F(StoreThread, WritesASampleWithWhatIsWrittenNextAndWithTheLast) {
  auto& store = open();
  const auto on_disk = [&] {
    const auto database = Database::open(directory.path("state.db"), {.id = 99}, {});
    return (*database)->samples(loop().wall_now())->size();
  };
  store.put(MachineSample{.at = loop().wall_now() - 2min, .load = 1});
  run_for(20ms);
  EXPECT_EQ(on_disk(), 0U);

  bool is_settled = false;
  store.settle(1h, [&](bool) { is_settled = true; });
  run_until([&] { return is_settled; });
  EXPECT_EQ(on_disk(), 1U);

  store.put(MachineSample{.at = loop().wall_now() - 1min, .load = 2});
  close();
  EXPECT_EQ(on_disk(), 2U);
  EXPECT_EQ(open().take_samples().size(), 2U);
}

TEST_F(StoreThread, WritesTheIntentionsOfOneMomentTogether) {
  auto& store = open();
  store.put(Event{.at = loop().wall_now(), .service = "web", .to = "restarting"});
  std::vector<std::uint64_t> written;
  for (int i = 0; i < 12; ++i) {
    store.intend(web(), 1h, [&] { written.push_back(store.status().actions_total); });
  }
  run_until([&] { return written.size() == 12; });
  EXPECT_EQ(written, std::vector<std::uint64_t>(12, 12U)) << "none waits for a batch of its own";
}

TEST_F(StoreThread, RunsTheActionAlsoWithoutADatabaseAndKeepsTheRecord) {
  auto& store = open("missing/state.db");
  ASSERT_EQ(lines.size(), 1U);
  int times = 0;
  store.intend(web(), 1h, [&] { ++times; });
  run_until([&] { return times > 0; });
  run_for(5ms);
  EXPECT_EQ(times, 1);
  EXPECT_FALSE(store.status().is_ok);
  EXPECT_EQ(lines.size(), 1U) << "said once";
  const auto page = read();
  ASSERT_EQ(page.actions.size(), 1U) << "from memory";
  EXPECT_TRUE(page.actions[0].is_late);

  directory.make_directory("missing");
  run_until([&] { return store.status().is_ok; });
  EXPECT_EQ(lines.size(), 2U);
  close();
  EXPECT_TRUE(std::filesystem::exists(directory.path("missing/state.db")));
  open("missing/state.db");
  EXPECT_EQ(read().actions.size(), 1U) << "written when that was possible again";
}

TEST_F(StoreThread, SettlesWhenWhatWasPutIsOnDiskAndSaysWhenItIsNot) {
  auto& store = open();
  std::optional<bool> is_written;
  store.put(Memo{.key = "claims/web", .text = "held"});
  store.settle(1h, [&](bool is) { is_written = is; });
  EXPECT_FALSE(is_written) << "never within the call";
  run_until([&] { return is_written.has_value(); });
  EXPECT_TRUE(*is_written);
  const auto other = Database::open(directory.path("state.db"), {.id = 7}, {});
  ASSERT_TRUE(other);
  EXPECT_EQ((*other)->memos()->at("claims/web"), "held");

  auto& nowhere = open("missing/state.db");
  is_written.reset();
  nowhere.settle(1h, [&](bool is) { is_written = is; });
  run_until([&] { return is_written.has_value(); });
  EXPECT_FALSE(*is_written);
}

TEST_F(StoreThread, GoesOnWhileAnotherHasTheFileLockedAndWritesWhenItIsFree) {
  auto& store = open();
  sqlite3* other = nullptr;
  ASSERT_EQ(sqlite3_open(directory.path("state.db").c_str(), &other), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(other, "BEGIN EXCLUSIVE", nullptr, nullptr, nullptr), SQLITE_OK);
  bool has_begun = false;
  store.intend(web(), 20ms, [&] { has_begun = true; });
  run_until([&] { return has_begun; });
  EXPECT_EQ(store.status().actions_total, 0U) << "not written yet";
  run_until([&] { return store.status().write_errors_total > 0; });
  ASSERT_EQ(sqlite3_exec(other, "COMMIT", nullptr, nullptr, nullptr), SQLITE_OK);
  sqlite3_close(other);
  run_until([&] { return store.status().actions_total == 1; });
  const auto page = read();
  ASSERT_EQ(page.actions.size(), 1U);
  EXPECT_TRUE(page.actions[0].is_late);
}

TEST_F(StoreThread, MovesADamagedFileAsideAndBeginsANewOne) {
  directory.write_file("state.db", std::string(100'000, 'x'));
  auto& store = open();
  EXPECT_TRUE(store.status().is_ok);
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_NE(lines[0].find("state.db.corrupt-"), std::string::npos) << lines[0];
  store.put(Event{.at = loop().wall_now(), .service = "web", .to = "up"});
  EXPECT_EQ(read().events.size(), 1U);
}

TEST_F(StoreThread, RemembersAcrossRuns) {
  open().put(Memo{"restart/web", "{}"});
  close();
  EXPECT_EQ(open().memos().at("restart/web"), "{}");
}

TEST_F(StoreThread, KeepsTheNewestRecordsWhileItCannotWriteAndCountsTheRest) {
  auto& store = open("missing/state.db");
  for (std::size_t i = 0; i < Store::waiting_max + 100; ++i)
    store.put(Event{.at = loop().wall_now(), .service = std::to_string(i)});
  run_until([&] { return store.status().write_errors_total > 0; });
  EXPECT_GE(store.status().dropped_total, 100U);
  EXPECT_LE(store.status().dropped_total, 101U + 1U);
  EXPECT_EQ(read({.limit = 1}).events.at(0).service, std::to_string(Store::waiting_max + 99));
}

TEST_F(StoreThread, RefusesTooManyQuestionsAtOnce) {
  auto& store = open();
  std::size_t answered = 0;
  std::size_t refused = 0;
  for (std::size_t i = 0; i < Store::reads_max + 5; ++i) {
    store.read({}, [&](const Result<HistoryPage>& page) {
      ++answered;
      if (!page) ++refused;
    });
  }
  run_until([&] { return answered == Store::reads_max + 5; });
  EXPECT_EQ(refused, 5U);
}

TEST_F(StoreThread, KeepsOnlyTheNewestDamagedFiles) {
  for (int i = 1; i <= 6; ++i)
    directory.write_file("state.db.corrupt-2026-11-22T18:20:0" + std::to_string(i) + "Z", "x");
  directory.write_file("state.db", std::string(10'000, 'x'));
  open();
  std::size_t found = 0;
  for (const auto& entry : std::filesystem::directory_iterator(directory.path()))
    found += entry.path().filename().string().starts_with("state.db.corrupt-") ? 1U : 0U;
  EXPECT_EQ(found, damaged_files_max);
}

}  // namespace
}  // namespace systemcheck::test
