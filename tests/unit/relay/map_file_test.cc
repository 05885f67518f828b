#include "relay/map_file.h"

#include <db.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <lmdb.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <sstream>

#include "os/descriptor.h"
#include "support/temporary_directory.h"

namespace systemcheck::test {
namespace {

using Content = std::map<std::string, std::string>;
using std::chrono::seconds;

IpNetwork network(const std::string& text) { return IpNetwork::parse(text).value(); }
WallTime at(std::int64_t second) { return WallTime{seconds{second}}; }

std::string text_of(const void* data, std::size_t size) { return {static_cast<const char*>(data), size}; }

/// As sendmail reads it, by somebody who is not us.
Content read_hash(const std::string& path) {
  Content content;
  DB* db = nullptr;
  db_create(&db, nullptr, 0);
  if (db->open(db, nullptr, path.c_str(), nullptr, DB_HASH, DB_RDONLY, 0) != 0)
    return {{"it cannot", "be read"}};
  DBC* cursor = nullptr;
  db->cursor(db, nullptr, &cursor, 0);
  DBT key{};
  DBT value{};
  while (cursor->get(cursor, &key, &value, DB_NEXT) == 0)
    content[text_of(key.data, key.size)] = text_of(value.data, value.size);
  cursor->close(cursor);
  db->close(db, 0);
  return content;
}

/// As Postfix does.
class LmdbReader {
 public:
  explicit LmdbReader(const std::string& path) {
    mdb_env_create(&environment_);
    is_open_ = mdb_env_open(environment_, path.c_str(), MDB_NOSUBDIR | MDB_NOLOCK | MDB_RDONLY, 0) == 0;
  }
  LmdbReader(const LmdbReader&) = delete;
  LmdbReader& operator=(const LmdbReader&) = delete;
  ~LmdbReader() { mdb_env_close(environment_); }

  Content read() {
    if (!is_open_) return {{"it cannot", "be read"}};
    Content content;
    MDB_txn* transaction = nullptr;
    MDB_dbi database = 0;
    MDB_cursor* cursor = nullptr;
    mdb_txn_begin(environment_, nullptr, MDB_RDONLY, &transaction);
    mdb_dbi_open(transaction, nullptr, 0, &database);
    mdb_cursor_open(transaction, database, &cursor);
    MDB_val key{};
    MDB_val value{};
    while (mdb_cursor_get(cursor, &key, &value, MDB_NEXT) == 0)
      content[text_of(key.mv_data, key.mv_size)] = text_of(value.mv_data, value.mv_size);
    mdb_cursor_close(cursor);
    mdb_txn_abort(transaction);
    return content;
  }

 private:
  MDB_env* environment_ = nullptr;
  bool is_open_ = false;
};

Content read_lmdb(const std::string& path) { return LmdbReader(path).read(); }

Content read_plain(const std::string& path) {
  Content content;
  std::ifstream file(path);
  for (std::string key, value; file >> key >> value;)
    content[key] = value;
  return content;
}

struct KindOfMap {
  std::string name{};
  std::unique_ptr<MapFile> (*make)(const MapFilePlace&) = nullptr;
  Content (*read)(const std::string&) = nullptr;
  std::string ip6_key{};
};

class MapFiles : public testing::TestWithParam<KindOfMap> {
 protected:
  std::unique_ptr<MapFile> make() {
    return GetParam().make({.path = directory.path("relay"), .group = group});
  }
  [[nodiscard]] Content content() const { return GetParam().read(map->path()); }
  Status change(const std::vector<MapChange>& changes) {
    for (const auto& it : changes) {
      entries.erase(it.network);
      if (it.expires_on) entries.emplace(it.network, *it.expires_on);
    }
    return map->apply(entries, changes);
  }
  void replace() {
    const auto done = map->replace(entries);
    ASSERT_TRUE(done) << done.error().message;
  }
  [[nodiscard]] struct stat status() const {
    struct stat status {};
    EXPECT_EQ(::stat(map->path().c_str(), &status), 0);
    return status;
  }
  [[nodiscard]] std::size_t files() const {
    const std::filesystem::directory_iterator all(directory.path());
    return static_cast<std::size_t>(std::distance(begin(all), end(all)));
  }

  TemporaryDirectory directory{};
  std::string group{};
  MapEntries entries{{network("127.1.2.3"), at(1'790'000'000)}};
  std::unique_ptr<MapFile> map = make();
};

TEST_P(MapFiles, HaveWhatTheyAreToldAtFirst) {
  replace();
  EXPECT_EQ(content(), (Content{{"127.1.2.3", "1790000000"}}));
  EXPECT_EQ(files(), 1);
  EXPECT_EQ(status().st_mode & 0137U, 0U);
}

TEST_P(MapFiles, AreChangedAsTold) {
  replace();
  ASSERT_TRUE(change({{.network = network("127.1.2.4"), .expires_on = at(1'790'000'060)},
                      {.network = network("2001:db8:1:2:3:4:5:6"), .expires_on = at(1'790'000'060)}}));
  EXPECT_EQ(content(), (Content{{"127.1.2.3", "1790000000"},
                                {"127.1.2.4", "1790000060"},
                                {GetParam().ip6_key, "1790000060"}}));
  ASSERT_TRUE(change({{.network = network("127.1.2.4")},
                      {.network = network("127.1.2.5")},
                      {.network = network("127.1.2.3"), .expires_on = at(1'790'000'900)}}));
  EXPECT_EQ(content(), (Content{{"127.1.2.3", "1790000900"}, {GetParam().ip6_key, "1790000060"}}));
}

TEST_P(MapFiles, ForgetWhatAnEarlierRunHasLeft) {
  replace();
  ASSERT_TRUE(change({{.network = network("127.9.9.9"), .expires_on = at(1)}}));
  map = make();
  entries = {{network("127.1.2.4"), at(1'790'000'000)}};
  replace();
  EXPECT_EQ(content(), (Content{{"127.1.2.4", "1790000000"}}));
}

TEST_P(MapFiles, AreMadeAnewWhereTheyAreBroken) {
  directory.write_file(std::filesystem::path(map->path()).filename(), std::string(20'000, 'x'));
  replace();
  EXPECT_EQ(content(), (Content{{"127.1.2.3", "1790000000"}}));
  EXPECT_EQ(files(), 1);
}

TEST_P(MapFiles, AreMadeAnewWhereTheyWereCutShort) {
  for (int last = 0; last < 250; ++last)
    entries.emplace(network("10.0.0." + std::to_string(last)), at(last));
  replace();
  map = make();
  std::filesystem::resize_file(map->path(), 100);
  replace();
  EXPECT_EQ(content().size(), 251);
}

TEST_P(MapFiles, AreMendedAfterSomebodyHasTakenThemAway) {
  replace();
  std::filesystem::remove(map->path());
  (void)change(
      {{.network = network("127.1.2.4"), .expires_on = at(1)}});  // That is an error, or makes it anew.
  replace();
  EXPECT_EQ(content(), (Content{{"127.1.2.3", "1790000000"}, {"127.1.2.4", "1"}}));
}

TEST_P(MapFiles, TakeNewChangesAfterTheyWereMadeAnew) {
  directory.write_file(std::filesystem::path(map->path()).filename(), "broken");
  replace();
  ASSERT_TRUE(change({{.network = network("127.1.2.4"), .expires_on = at(1)}}));
  EXPECT_EQ(content().size(), 2);
}

TEST_P(MapFiles, TakeManyChangesAtOnce) {
  replace();
  std::vector<MapChange> changes;
  for (int number = 0; number < 5000; ++number)
    changes.push_back(
        {.network = network("10.1." + std::to_string(number / 250) + "." + std::to_string(number % 250)),
         .expires_on = at(number)});
  ASSERT_TRUE(change(changes));
  EXPECT_EQ(content().size(), 5001);
  for (auto& it : changes)
    it.expires_on.reset();
  ASSERT_TRUE(change(changes));
  EXPECT_EQ(content().size(), 1);
}

TEST_P(MapFiles, AreNotWrittenWhereOthersMayWrite) {
  ::chmod(directory.path().c_str(), 0777);
  const auto done = map->replace(entries);
  ASSERT_FALSE(done);
  EXPECT_NE(done.error().message.find("can be changed by others"), std::string::npos);
  ::chmod(directory.path().c_str(), 01777);
  EXPECT_FALSE(map->replace(entries)) << "nor where they may add";
  EXPECT_EQ(files(), 0);
}

TEST_P(MapFiles, DoNotFollowALink) {
  const auto elsewhere = directory.make_directory("elsewhere") + "/target";
  std::ofstream(elsewhere) << "somebody else's";
  std::filesystem::create_symlink(elsewhere, map->path());
  replace();
  EXPECT_FALSE(std::filesystem::is_symlink(map->path()));
  std::stringstream text;
  text << std::ifstream(elsewhere).rdbuf();
  EXPECT_EQ(text.str(), "somebody else's");
}

TEST_P(MapFiles, NeedAGroupThatThereIs) {
  group = "no-such-group";
  map = make();
  const auto done = map->replace(entries);
  ASSERT_FALSE(done);
  EXPECT_NE(done.error().message.find("there is no group no-such-group"), std::string::npos);
}

TEST_P(MapFiles, CleanUpAfterRunsThatWereKilled) {
  const std::string name = std::filesystem::path(map->path()).filename();
  for (const auto& left : {"." + name + ".new-17", "__db." + name, "__db.." + name + ".new-4"})
    directory.write_file(left, "half");
  directory.write_file("__db.access.db", "somebody else's");
  replace();
  EXPECT_EQ(files(), 2) << "the map, and what is not ours";
}

INSTANTIATE_TEST_SUITE_P(All, MapFiles,
                         testing::Values(KindOfMap{.name = "Hash",
                                                   .make = make_sendmail_hash,
                                                   .read = read_hash,
                                                   .ip6_key = "ipv6:2001:db8:1:2:3:4:5:6"},
                                         KindOfMap{.name = "Lmdb",
                                                   .make = make_postfix_lmdb,
                                                   .read = read_lmdb,
                                                   .ip6_key = "2001:db8:1:2:3:4:5:6"},
                                         KindOfMap{.name = "Plain",
                                                   .make = make_plain_map,
                                                   .read = read_plain,
                                                   .ip6_key = "2001:db8:1:2:3:4:5:6"}),
                         [](const testing::TestParamInfo<KindOfMap>& it) { return it.param.name; });

class SendmailHash : public testing::Test {
 protected:
  [[nodiscard]] std::int64_t modified() const {
    struct stat status {};
    EXPECT_EQ(::fstat(open_by_a_session.number(), &status), 0);
    return status.st_mtim.tv_sec;
  }
  Status put(const std::string& who) {
    const std::vector<MapChange> changes{{.network = network(who), .expires_on = at(1)}};
    return map->apply({}, changes);
  }

  TemporaryDirectory directory{};
  std::string path = directory.path("relay.db");
  std::unique_ptr<MapFile> map = make_sendmail_hash({.path = path});
  bool is_made = map->replace({}).has_value();
  Descriptor open_by_a_session{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
};

TEST_F(SendmailHash, IsLaterByASecondWithEachChange) {
  for (int last = 1; last < 5; ++last) {
    const auto before = modified();
    ASSERT_TRUE(put("127.1.2." + std::to_string(last)));
    EXPECT_GT(modified(), before);
  }
}

TEST_F(SendmailHash, IsChangedInPlaceAlsoByTheNextRun) {
  const auto before = modified();
  map = make_sendmail_hash({.path = path});
  ASSERT_TRUE(map->replace({{network("127.1.2.3"), at(1)}}));
  EXPECT_GT(modified(), before) << "of the very file that the session has open";
}

TEST_F(SendmailHash, TellsAnOpenSessionWhenItHadToBeMadeAnew) {
  std::filesystem::resize_file(path, 50);
  const auto before = modified();
  ASSERT_TRUE(map->replace({}));
  EXPECT_GT(modified(), before);
}

TEST_F(SendmailHash, IsNotChangedWhileSomebodyReadsIt) {
  ASSERT_EQ(::flock(open_by_a_session.number(), LOCK_SH), 0);
  const auto done = put("127.1.2.3");
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().kind, Error::Kind::timed_out);
  ::flock(open_by_a_session.number(), LOCK_UN);
  EXPECT_TRUE(map->replace({{network("127.1.2.3"), at(1)}}));
  EXPECT_EQ(read_hash(path).size(), 1);
}

TEST(PostfixLmdb, IsSeenByWhoHasItOpen) {
  const TemporaryDirectory directory;
  const auto map = make_postfix_lmdb({.path = directory.path("relay")});
  ASSERT_TRUE(map->replace({}));
  LmdbReader session(map->path());
  EXPECT_EQ(session.read(), Content{});
  const std::vector<MapChange> changes{{.network = network("127.1.2.3"), .expires_on = at(1)}};
  ASSERT_TRUE(map->apply({}, changes));
  EXPECT_EQ(session.read(), (Content{{"127.1.2.3", "1"}}));
  const auto next_run = make_postfix_lmdb({.path = directory.path("relay")});
  ASSERT_TRUE(next_run->replace({{network("127.1.2.4"), at(1)}}));
  EXPECT_EQ(session.read(), (Content{{"127.1.2.4", "1"}}));
}

TEST(KeysOfMaps, AreWrittenAsTheMailServersDo) {
  const auto address = [](const std::string& text) { return IpAddress::parse(text).value(); };
  EXPECT_EQ(sendmail_key(address("127.1.2.3")), "127.1.2.3");
  EXPECT_EQ(sendmail_key(address("2001:db8::5")), "ipv6:2001:db8:0:0:0:0:0:5");
  EXPECT_EQ(sendmail_key(address("::1")), "ipv6:0:0:0:0:0:0:0:1");
  EXPECT_EQ(postfix_key(address("127.1.2.3")), "127.1.2.3");
  EXPECT_EQ(postfix_key(address("2001:db8:1:2:3:4:5:6")), "2001:db8:1:2:3:4:5:6");
  EXPECT_EQ(postfix_key(address("2001:db8::5")), std::nullopt) << "it would let 2001:db8::5:6 send, too";
}

TEST(KeysOfMaps, AreOfSingleAddresses) {
  EXPECT_TRUE(is_single_address(network("127.1.2.3")));
  EXPECT_TRUE(is_single_address(network("2001:db8::5")));
  EXPECT_FALSE(is_single_address(network("127.1.2.0/24")));
  EXPECT_FALSE(is_single_address(network("2001:db8::/64")));
}

}  // namespace
}  // namespace systemcheck::test
