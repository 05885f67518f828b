#include <lmdb.h>

#include <cstdio>
#include <filesystem>
#include <utility>
#include <vector>

#include "os/os_error.h"
#include "os/peer.h"
#include "os/shared_file.h"
#include "os/trusted_path.h"
#include "relay/map_file.h"

// Postfix opens such a file without LMDB's own locks and keeps to fcntl(2) locks instead: shared for a
// lookup, exclusive for a change (LMDB_README). So do we, or a page would be written that somebody just
// reads.

namespace systemcheck {
namespace {

/// Of addresses, not of memory: the file has as many as it needs.
constexpr std::size_t map_bytes_max = std::size_t{256} << 20;
/// Those of one lock: Postfix waits meanwhile.
constexpr std::size_t changes_at_a_time = 1000;
constexpr mode_t before_the_group_is_known = 0600;
constexpr std::string_view default_group = "postfix";
constexpr std::string_view ending = ".lmdb";

struct Close {
  void operator()(MDB_env* environment) const { mdb_env_close(environment); }
};
using Environment = std::unique_ptr<MDB_env, Close>;

Error lmdb_error(const std::string& what, int number) {
  if (number > 0) return os_error(what, number);
  return {Error::Kind::failed, what + ": " + mdb_strerror(number)};
}

MDB_val thing(std::string& text) { return {.mv_size = text.size(), .mv_data = text.data()}; }

Result<Environment> open_environment(const std::string& path) {
  MDB_env* made = nullptr;
  if (const int failed = mdb_env_create(&made); failed != 0) return lmdb_error("mdb_env_create", failed);
  Environment environment(made);
  if (const int failed = mdb_env_set_mapsize(made, map_bytes_max); failed != 0)
    return lmdb_error(path, failed);
  const int failed = mdb_env_open(made, path.c_str(), MDB_NOSUBDIR | MDB_NOLOCK, before_the_group_is_known);
  if (failed != 0) return lmdb_error(path, failed);
  return environment;
}

/// Undone unless it is committed.
class Transaction {
 public:
  static Result<std::unique_ptr<Transaction>> begin(MDB_env& environment) {
    MDB_txn* made = nullptr;
    if (const int failed = mdb_txn_begin(&environment, nullptr, 0, &made); failed != 0)
      return lmdb_error("begin", failed);
    std::unique_ptr<Transaction> transaction(new Transaction(made));
    if (const int failed = mdb_dbi_open(made, nullptr, 0, &transaction->database_); failed != 0)
      return lmdb_error("open", failed);
    return transaction;
  }
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  ~Transaction() {
    if (made_ != nullptr) mdb_txn_abort(made_);
  }

  Status put(std::string key, std::string value) {
    auto left = thing(key);
    auto right = thing(value);
    if (const int failed = mdb_put(made_, database_, &left, &right, 0); failed != 0)
      return lmdb_error("put", failed);
    return Nothing{};
  }
  Status remove(std::string key) {
    auto left = thing(key);
    const int failed = mdb_del(made_, database_, &left, nullptr);
    if (failed != 0 && failed != MDB_NOTFOUND) return lmdb_error("del", failed);
    return Nothing{};
  }
  Status empty() {
    if (const int failed = mdb_drop(made_, database_, 0); failed != 0) return lmdb_error("drop", failed);
    return Nothing{};
  }
  Status commit() {
    const int failed = mdb_txn_commit(std::exchange(made_, nullptr));
    if (failed != 0) return lmdb_error("commit", failed);
    return Nothing{};
  }

 private:
  explicit Transaction(MDB_txn* made) : made_(made) {}

  MDB_txn* made_;
  MDB_dbi database_ = 0;
};

class PostfixLmdb final : public MapFile {
 public:
  explicit PostfixLmdb(MapFilePlace place) : place_(std::move(place)) {
    if (!place_.path.ends_with(ending)) place_.path += ending;
  }

  Status replace(const MapEntries& entries) override {
    environment_.reset();
    const auto directory = read_trusted_directory(std::filesystem::path(place_.path).parent_path().string());
    if (!directory) return directory.error();
    remove_leftovers_beside(place_.path);
    // Where it is sound its content is replaced in one transaction, which open sessions see.
    if (refill(entries)) return Nothing{};
    environment_.reset();
    return make_anew(entries);
  }

  Status apply(const MapEntries& /*entries*/, std::span<const MapChange> changes) override {
    while (!changes.empty()) {
      const auto now = changes.first(std::min(changes.size(), changes_at_a_time));
      const auto number = descriptor();
      if (!number) return number.error();
      if (!is_file_at(*number, place_.path))
        return Error{Error::Kind::not_found, "somebody has taken it away"};
      auto done = change([&](Transaction& transaction) { return apply_some(transaction, now); });
      if (!done) return done;
      changes = changes.subspan(now.size());
    }
    return Nothing{};
  }

  [[nodiscard]] const std::string& path() const override { return place_.path; }

 private:
  Status refill(const MapEntries& entries) {
    if (const auto there = open_own_file(place_.path); !there) return there.error();
    return open_and_fill(place_.path, entries);
  }

  Status make_anew(const MapEntries& entries) {
    const auto beside = name_beside(place_.path);
    (void)std::remove(beside.c_str());  // There is one where a run of the same number was killed.
    auto done = open_and_fill(beside, entries);
    if (done) done = rename_file(beside, place_.path);
    if (!done) (void)std::remove(beside.c_str());  // The error that counts is known.
    return done;
  }

  Status open_and_fill(const std::string& path, const MapEntries& entries) {
    auto environment = open_environment(path);
    if (!environment) return environment.error();
    environment_ = *std::move(environment);
    if (auto let = let_readers(); !let) return let;
    return change([&](Transaction& transaction) { return fill(transaction, entries); });
  }

  Status let_readers() {
    const auto group = find_group(place_.group.empty() ? std::string(default_group) : place_.group);
    if (!group && !place_.group.empty())
      return Error{Error::Kind::not_found, "there is no group " + place_.group};
    const auto number = descriptor();
    if (!number) return number.error();
    return let_group_read(*number, group);
  }

  static Status fill(Transaction& transaction, const MapEntries& entries) {
    if (auto done = transaction.empty(); !done) return done;
    for (const auto& [network, expires_on] : entries) {
      const auto key = postfix_key(network.address());
      if (!key) continue;
      if (auto done = transaction.put(*key, map_value(expires_on)); !done) return done;
    }
    return Nothing{};
  }

  static Status apply_some(Transaction& transaction, std::span<const MapChange> changes) {
    for (const auto& it : changes) {
      const auto key = postfix_key(it.network.address());
      if (!key) continue;
      auto done = it.expires_on ? transaction.put(*key, map_value(*it.expires_on)) : transaction.remove(*key);
      if (!done) return done;
    }
    return Nothing{};
  }

  template <typename Change>
  Status change(Change what) {
    const auto number = descriptor();
    if (!number) return number.error();
    const auto lock = FileLock::take(*number, LockKind::fcntl);
    if (!lock) return lock.error();
    const auto transaction = Transaction::begin(*environment_);
    if (!transaction) return transaction.error();
    if (auto done = what(**transaction); !done) return done;
    return (*transaction)->commit();
  }

  /// Its own: closing one that we had opened would give up the lock.
  Result<int> descriptor() {
    if (!environment_) return Error{Error::Kind::failed, "it is not open"};
    mdb_filehandle_t number = -1;
    if (const int failed = mdb_env_get_fd(environment_.get(), &number); failed != 0)
      return lmdb_error("descriptor", failed);
    return number;
  }

  MapFilePlace place_;
  Environment environment_{};
};

}  // namespace

std::unique_ptr<MapFile> make_postfix_lmdb(const MapFilePlace& place) {
  return std::make_unique<PostfixLmdb>(place);
}

}  // namespace systemcheck
