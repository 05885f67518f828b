#include <db.h>
#include <unistd.h>

#include <filesystem>
#include <set>
#include <utility>

#include "os/os_error.h"
#include "os/peer.h"
#include "os/shared_file.h"
#include "os/trusted_path.h"
#include "relay/map_file.h"

// sendmail keeps the file open for as long as a session lasts, locks it (flock) for each lookup, and opens it
// anew when its time of modification is in a later second than it was. A file that takes the place of another
// one is therefore never seen by an open session, while one that is changed in place, under the lock and with
// a later time each time, is seen at once.

namespace systemcheck {
namespace {

/// Those of one lock: sendmail waits meanwhile.
constexpr std::size_t changes_at_a_time = 1000;
constexpr std::string_view default_group = "smmsp";
constexpr std::string_view ending = ".db";

struct Close {
  void operator()(DB* db) const { (void)db->close(db, 0); }  // What was to be written is synced by then.
};
using Database = std::unique_ptr<DB, Close>;

Error db_error(const std::string& what, int number) {
  if (number > 0) return os_error(what, number);
  return {Error::Kind::failed, what + ": " + db_strerror(number)};
}

// It would write to standard error.
void keep_quiet(const DB_ENV* /*environment*/, const char* /*prefix*/, const char* /*message*/) {}

Result<Database> make_handle() {
  DB* db = nullptr;
  if (const int failed = db_create(&db, nullptr, 0); failed != 0) return db_error("db_create", failed);
  db->set_errcall(db, keep_quiet);
  return Database(db);
}

Result<Database> open_database(const std::string& path, std::uint32_t flags) {
  auto db = make_handle();
  if (!db) return db;
  const int failed = (*db)->open(db->get(), nullptr, path.c_str(), nullptr, DB_HASH, flags, 0600);
  if (failed != 0) return db_error(path, failed);
  return db;
}

Status verify_database(const std::string& path) {
  auto db = make_handle();
  if (!db) return db.error();
  // It takes the handle with it, whatever comes of it.
  auto* handle = db->release();
  const int failed = handle->verify(handle, path.c_str(), nullptr, nullptr, 0);
  if (failed != 0) return db_error(path, failed);
  return Nothing{};
}

DBT thing(std::string& text) {
  DBT it{};
  it.data = text.data();
  it.size = static_cast<std::uint32_t>(text.size());
  return it;
}

Status put(DB& db, std::string key, std::string value) {
  auto left = thing(key);
  auto right = thing(value);
  if (const int failed = db.put(&db, nullptr, &left, &right, 0); failed != 0) return db_error("put", failed);
  return Nothing{};
}

Status remove(DB& db, std::string key) {
  auto left = thing(key);
  const int failed = db.del(&db, nullptr, &left, 0);
  if (failed != 0 && failed != DB_NOTFOUND) return db_error("del", failed);
  return Nothing{};
}

Status put_all(DB& db, const MapEntries& entries) {
  for (const auto& [network, expires_on] : entries) {
    if (auto done = put(db, sendmail_key(network.address()), map_value(expires_on)); !done) return done;
  }
  return Nothing{};
}

/// All that is in there.
Result<std::map<std::string, std::string>> read_all(DB& db) {
  DBC* cursor = nullptr;
  if (const int failed = db.cursor(&db, nullptr, &cursor, 0); failed != 0) return db_error("cursor", failed);
  std::map<std::string, std::string> all;
  DBT key{};
  DBT value{};
  int failed = 0;
  while ((failed = cursor->get(cursor, &key, &value, DB_NEXT)) == 0)
    all.emplace(std::string(static_cast<const char*>(key.data), key.size),
                std::string(static_cast<const char*>(value.data), value.size));
  cursor->close(cursor);
  if (failed != DB_NOTFOUND) return db_error("read", failed);
  return all;
}

class SendmailHash final : public MapFile {
 public:
  explicit SendmailHash(MapFilePlace place) : place_(std::move(place)) {
    if (!place_.path.ends_with(ending)) place_.path += ending;
  }

  Status replace(const MapEntries& entries) override {
    db_.reset();
    const auto directory = read_trusted_directory(std::filesystem::path(place_.path).parent_path().string());
    if (!directory) return directory.error();
    if (auto found = find_reader(); !found) return found;
    remove_leftovers_beside(place_.path);
    if (mend(entries)) return Nothing{};
    db_.reset();
    return make_anew(entries);
  }

  Status apply(const MapEntries& /*entries*/, std::span<const MapChange> changes) override {
    while (!changes.empty()) {
      const auto now = changes.first(std::min(changes.size(), changes_at_a_time));
      if (auto done = apply_some(now); !done) return done;
      changes = changes.subspan(now.size());
    }
    return Nothing{};
  }

  [[nodiscard]] const std::string& path() const override { return place_.path; }

 private:
  Status find_reader() {
    group_ = find_group(place_.group.empty() ? std::string(default_group) : place_.group);
    if (!group_ && !place_.group.empty())
      return Error{Error::Kind::not_found, "there is no group " + place_.group};
    return Nothing{};
  }

  /// In place, so that open sessions see it.
  Status mend(const MapEntries& entries) {
    if (auto sound = check_file(); !sound) return sound;
    auto db = open_database(place_.path, 0);
    if (!db) return db.error();
    db_ = *std::move(db);
    auto there = read_all(*db_);
    if (!there) return there.error();
    std::vector<MapChange> changes;
    for (const auto& [network, expires_on] : entries) {
      const auto found = there->find(sendmail_key(network.address()));
      const bool is_the_same = found != there->end() && found->second == map_value(expires_on);
      if (found != there->end()) there->erase(found);
      if (!is_the_same) changes.push_back({.network = network, .expires_on = expires_on});
    }
    if (auto done = remove_keys(*there); !done) return done;
    return apply(entries, changes);
  }

  Status check_file() {
    const auto file = open_own_file(place_.path);
    if (!file) return file.error();
    if (auto sound = verify_database(place_.path); !sound) return sound;
    return let_group_read(file->number(), group_);
  }

  Status remove_keys(const std::map<std::string, std::string>& strangers) {
    if (strangers.empty()) return Nothing{};
    return change([&](DB& db) -> Status {
      for (const auto& [key, value] : strangers) {
        if (auto done = remove(db, key); !done) return done;
      }
      return Nothing{};
    });
  }

  Status apply_some(std::span<const MapChange> changes) {
    return change([&](DB& db) -> Status {
      for (const auto& it : changes) {
        auto key = sendmail_key(it.network.address());
        auto done =
            it.expires_on ? put(db, std::move(key), map_value(*it.expires_on)) : remove(db, std::move(key));
        if (!done) return done;
      }
      return Nothing{};
    });
  }

  template <typename Change>
  Status change(Change what) {
    if (!db_) return Error{Error::Kind::failed, "it is not open"};
    int file = -1;
    if (const int failed = db_->fd(db_.get(), &file); failed != 0) return db_error("fd", failed);
    if (!is_file_at(file, place_.path)) return Error{Error::Kind::not_found, "somebody has taken it away"};
    const auto lock = FileLock::take(file, LockKind::flock);
    if (!lock) return lock.error();
    const auto before = modification_second(file);
    if (auto done = what(*db_); !done) return done;
    if (const int failed = db_->sync(db_.get(), 0); failed != 0) return db_error("sync", failed);
    return advance_modification_time(file, before);
  }

  Status make_anew(const MapEntries& entries) {
    const auto beside = name_beside(place_.path);
    auto done = write_beside(beside, entries);
    // Of the old one, to tell those who have it open.
    const auto old = open_own_file(place_.path);
    if (done) done = rename_file(beside, place_.path);
    if (!done) ::unlink(beside.c_str());
    if (!done) return done;
    // They open by name what is there now.
    if (old) (void)advance_modification_time(old->number(), modification_second(old->number()));
    auto db = open_database(place_.path, 0);
    if (!db) return db.error();
    db_ = *std::move(db);
    return Nothing{};
  }

  Status write_beside(const std::string& beside, const MapEntries& entries) {
    auto db = open_database(beside, DB_CREATE | DB_EXCL);
    if (!db) return db.error();
    if (auto done = put_all(**db, entries); !done) return done;
    int file = -1;
    if (const int failed = (*db)->fd(db->get(), &file); failed != 0) return db_error("fd", failed);
    if (const int failed = (*db)->sync(db->get(), 0); failed != 0) return db_error("sync", failed);
    return let_group_read(file, group_);
  }

  MapFilePlace place_;
  std::optional<gid_t> group_{};
  Database db_{};
};

}  // namespace

std::unique_ptr<MapFile> make_sendmail_hash(const MapFilePlace& place) {
  return std::make_unique<SendmailHash>(place);
}

}  // namespace systemcheck
