#include "store/backstage.h"

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <filesystem>

#include "support/temporary_directory.h"

namespace systemcheck::test {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr Moment noon{.wall = WallTime{std::chrono::seconds{1'795'348'800}}, .instant = Instant{1000h}};

class BackstageOfAFile : public testing::Test {
 protected:
  Written write(const std::string& service) {
    return backstage.write({Event{.at = noon.wall, .service = service, .to = "up"}}, noon);
  }
  static std::size_t events_in(const std::string& file) {
    Backstage other({.path = file, .run = {.id = 99}, .limits = {}});
    const auto page = other.read({}, {}, noon);
    EXPECT_TRUE(page) << (page ? "" : page.error().message);
    return page ? page->events.size() : 0;
  }
  [[nodiscard]] std::uint64_t log_size() const { return fs::file_size(path + "-wal"); }

  TemporaryDirectory directory{};
  std::string path = directory.path("state.db");
  Backstage backstage{{.path = path, .run = {.id = 1}, .limits = {.max_log_bytes = 256 << 10}}};
};

TEST_F(BackstageOfAFile, BeginsANewFileWhenItsOwnWasRemovedAndSaysSoOnce) {
  ASSERT_TRUE(write("before").status);
  fs::remove(path);
  const auto written = write("after");
  ASSERT_TRUE(written.status) << written.status.error().message;
  EXPECT_EQ(written.notice, path + " was removed or unmounted; a new one was begun");
  EXPECT_EQ(write("later").notice, "");
  EXPECT_EQ(events_in(path), 2U);
}

TEST_F(BackstageOfAFile, NoticesThatItsFileIsGoneAlsoWhereThereIsNothingToWrite) {
  ASSERT_TRUE(write("before").status);
  fs::remove(path);
  const auto tick = backstage.write({LateMark{}}, noon);
  EXPECT_NE(tick.notice, "");
  EXPECT_TRUE(fs::exists(path));
}

TEST_F(BackstageOfAFile, WhatMustOutliveTheDaemonIsInTheNewFileToo) {
  ASSERT_TRUE(backstage.write({Memo{"restart/web", "{1}"}, Memo{"restart/mail", "{2}"}}, noon).status);
  ASSERT_TRUE(backstage.write({Memo{"restart/web", "{3}"}}, noon).status);
  fs::remove(path);
  ASSERT_TRUE(backstage.write({LateMark{}}, noon).status);
  const auto memos = Backstage({.path = path, .run = {.id = 2}, .limits = {}}).memos(noon);
  ASSERT_TRUE(memos);
  EXPECT_EQ(memos->at("restart/web"), "{3}");
  EXPECT_EQ(memos->at("restart/mail"), "{2}");
}

TEST_F(BackstageOfAFile, GoesOnInAFileThatWasPutInItsPlace) {
  const auto other = directory.path("other.db");
  {
    Backstage another({.path = other, .run = {.id = 5}, .limits = {}});
    ASSERT_TRUE(another.write({Event{.at = noon.wall, .service = "old", .to = "up"}}, noon).status);
  }
  ASSERT_TRUE(write("before").status);
  fs::rename(other, path);
  const auto written = write("after");
  ASSERT_TRUE(written.status) << written.status.error().message;
  EXPECT_NE(written.notice.find("was replaced by another file"), std::string::npos) << written.notice;
  EXPECT_EQ(events_in(path), 2U) << "the log of the first file is not read into the second";
}

TEST_F(BackstageOfAFile, GoesOnBelowADirectoryThatWasPutInThePlaceOfItsOwn) {
  const auto state = directory.make_directory("state");
  const auto file = state + "/state.db";
  Backstage moved({.path = file, .run = {.id = 1}, .limits = {}});
  ASSERT_TRUE(moved.write({Event{.at = noon.wall, .service = "before", .to = "up"}}, noon).status);
  fs::rename(state, directory.path("away"));
  const auto nowhere = moved.write({Event{.at = noon.wall, .service = "lost", .to = "up"}}, noon);
  EXPECT_FALSE(nowhere.status) << "there is no directory: the store keeps it";
  directory.make_directory("state");
  const auto written = moved.write({Event{.at = noon.wall, .service = "after", .to = "up"}}, noon);
  ASSERT_TRUE(written.status) << written.status.error().message;
  EXPECT_NE(written.notice, "");
  EXPECT_EQ(events_in(file), 1U);
  EXPECT_EQ(events_in(directory.path("away/state.db")), 1U);
}

TEST_F(BackstageOfAFile, TheLogStaysSmallWhileSomebodyReadsAndAllIsWrittenAfterwards) {
  ASSERT_TRUE(write("before").status);
  sqlite3* reader = nullptr;
  ASSERT_EQ(sqlite3_open_v2(path.c_str(), &reader, SQLITE_OPEN_READONLY, nullptr), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(reader, "BEGIN; SELECT count(*) FROM events", nullptr, nullptr, nullptr), SQLITE_OK);
  const Batch batch(20, Situation{.at = noon.wall, .text = std::string(1'000, 'x')});
  Written last;
  for (int i = 0; i < 100 && last.status; ++i)
    last = backstage.write(batch, noon);
  ASSERT_FALSE(last.status);
  EXPECT_EQ(last.status.error().kind, Error::Kind::timed_out);
  EXPECT_NE(last.status.error().message.find("has been reading the history"), std::string::npos);
  const auto bound = (256U << 10) + 2 * 20 * 4'096;
  EXPECT_LE(log_size(), bound);
  EXPECT_FALSE(backstage.write(batch, noon).status);
  EXPECT_LE(log_size(), bound) << "it does not grow any more";

  sqlite3_close(reader);
  last = backstage.write(batch, noon);
  EXPECT_TRUE(last.status) << (last.status ? "" : last.status.error().message);
  EXPECT_LE(log_size(), 64U << 10) << "it was emptied";
}

}  // namespace
}  // namespace systemcheck::test
