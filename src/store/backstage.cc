#include "store/backstage.h"

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

#include "base/units.h"

namespace systemcheck {
namespace {

namespace fs = std::filesystem;

constexpr Duration tidy_interval = std::chrono::minutes{1};
constexpr int tidy_steps_max = 8;

/// The oldest of them make room: one that is damaged again and again must not fill the disk.
void forget_old_damage(const fs::path& path) {
  const auto prefix = path.filename().string() + ".corrupt-";
  std::vector<fs::path> found;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(path.parent_path(), ignored)) {
    if (entry.path().filename().string().starts_with(prefix)) found.push_back(entry.path());
  }
  std::sort(found.begin(), found.end());  // Their names end in the time.
  for (std::size_t i = 0; i + damaged_files_max < found.size(); ++i)
    fs::remove(found[i], ignored);
}

}  // namespace

Status Backstage::open(const Moment& now) {
  leave_lost_file();
  if (!database_) {
    if (auto opened = open_file(now); !opened) return opened;
    file_identity_ = identity_of(opening_.path);
    log_identity_ = identity_of(log_);
    if (!lost_.empty()) notice_ = std::exchange(lost_, {});
  }
  return is_begun_anew_ ? remember_anew(now) : Nothing{};
}

Status Backstage::remember_anew(const Moment& now) {
  Batch memos;
  for (const auto& [key, text] : known_memos_)
    memos.emplace_back(Memo{.key = key, .text = text});
  auto written = database_->write(memos, now);
  if (written) is_begun_anew_ = false;
  return written;
}

Status Backstage::open_file(const Moment& now) {
  auto database = Database::open(opening_.path, opening_.run, opening_.limits);
  if (!database && database.error().kind == Error::Kind::malformed) {
    if (auto moved = set_aside(now); !moved) return moved;
    database = Database::open(opening_.path, opening_.run, opening_.limits);
  }
  if (!database) return std::move(database).error();
  database_ = *std::move(database);
  return Nothing{};
}

/// The log must go with its file: SQLite would read it into whatever has the name of the file now. A log that
/// is another one than ours belongs to the other file.
void Backstage::leave_lost_file() {
  if (!database_) return;
  const auto there = identity_of(opening_.path);
  if (there && there == file_identity_) return;
  database_->leave_log();
  database_.reset();
  const bool is_our_log = identity_of(log_) == log_identity_;
  std::error_code ignored;  // They may be gone with it.
  if (is_our_log) fs::remove(log_, ignored);
  if (is_our_log) fs::remove(opening_.path + "-shm", ignored);
  is_begun_anew_ = true;
  lost_ = opening_.path + (there ? " was replaced by another file, which is used from now on"
                                 : " was removed or unmounted; a new one was begun");
}

Status Backstage::set_aside(const Moment& now) {
  database_.reset();
  const auto aside = opening_.path + ".corrupt-" + wall_time_text(now.wall);
  std::error_code error;
  fs::rename(opening_.path, aside, error);
  if (error)
    return Error{Error::Kind::malformed, opening_.path + ": damaged, cannot be moved: " + error.message()};
  std::error_code ignored;  // A new file must not find the log of the old one.
  fs::remove(log_, ignored);
  fs::remove(opening_.path + "-shm", ignored);
  forget_old_damage(opening_.path);
  is_begun_anew_ = true;
  notice_ = opening_.path + " was damaged; it is kept as " + aside + ", and a new one was begun";
  return Nothing{};
}

/// While somebody reads, SQLite can only append to the log.
Status Backstage::make_log_small() {
  const auto is_small = [this] {
    std::error_code error;
    const auto size = fs::file_size(log_, error);
    return error || size <= opening_.limits.max_log_bytes;
  };
  if (is_small()) return Nothing{};
  auto emptied = database_->empty_log();
  if (!emptied || is_small()) return emptied;
  return Error{Error::Kind::timed_out,
               log_ + ": somebody has been reading the history for so long that it has grown to " +
                   bytes_words(opening_.limits.max_log_bytes)};
}

Status Backstage::try_to_write(const Batch& batch, const Moment& now) {
  if (auto opened = open(now); !opened) return opened;
  if (auto small = make_log_small(); !small) return small;
  return database_->write(batch, now);
}

void Backstage::know_memos(const Batch& batch) {
  for (const auto& record : batch) {
    const auto* memo = std::get_if<Memo>(&record);
    if (memo == nullptr) continue;
    const bool has_room = known_memos_.size() < memos_max || known_memos_.contains(memo->key);
    if (has_room) known_memos_.insert_or_assign(memo->key, memo->text);
  }
}

Written Backstage::write(const Batch& batch, const Moment& now) {
  Written written;
  written.status = try_to_write(batch, now);
  if (!written.status && database_ && written.status.error().kind == Error::Kind::malformed) {
    auto moved = set_aside(now);
    written.status = moved ? try_to_write(batch, now) : std::move(moved);
  }
  if (!written.status && written.status.error().kind != Error::Kind::timed_out) database_.reset();
  if (written.status) know_memos(batch);
  if (written.status) tidy(now);
  if (database_) {
    const auto size = database_->size_bytes();
    written.size_bytes = size ? *size : 0;
  }
  written.notice = take_notice();
  return written;
}

/// In small steps, so that nobody waits for long behind it. A failure is met again by the next batch.
void Backstage::tidy(const Moment& now) {
  if (tidied_at_ && now.instant - *tidied_at_ < tidy_interval) return;
  tidied_at_ = now.instant;
  for (int step = 0; step < tidy_steps_max; ++step) {
    const auto more = database_->prune(now);
    if (!more || !*more) return;
  }
  tidied_at_.reset();  // There is more: go on with the next batch.
}

Result<HistoryPage> Backstage::read_file(const HistoryQuery& query, const Moment& now) {
  if (auto opened = open(now); !opened) return std::move(opened).error();
  return database_->read(query);
}

Result<HistoryPage> Backstage::read(const HistoryQuery& query, const Batch& waiting, const Moment& now) {
  auto filed = read_file(query, now);
  if (waiting.empty()) return filed;
  auto memory = Database::open(":memory:", opening_.run, opening_.limits);
  if (!memory) return std::move(memory).error();
  if (auto written = (*memory)->write(waiting, now); !written) return std::move(written).error();
  auto page = (*memory)->read(query);
  if (!page || !filed) return page;
  page->actions.insert(page->actions.end(), filed->actions.begin(), filed->actions.end());
  page->events.insert(page->events.end(), filed->events.begin(), filed->events.end());
  if (page->actions.size() > query.limit) page->actions.resize(query.limit);
  if (page->events.size() > query.limit) page->events.resize(query.limit);
  auto& changes = page->relay_changes;
  changes.insert(changes.end(), filed->relay_changes.begin(), filed->relay_changes.end());
  if (changes.size() > query.limit) changes.resize(query.limit);
  return page;
}

Result<Memos> Backstage::memos(const Moment& now) {
  if (auto opened = open(now); !opened) return std::move(opened).error();
  auto memos = database_->memos();
  if (!memos && memos.error().kind == Error::Kind::malformed) {
    if (auto moved = set_aside(now); !moved) return std::move(moved).error();
    return Memos{};
  }
  if (memos) known_memos_ = *memos;
  return memos;
}

MachineSamples Backstage::samples(WallTime now) {
  auto samples = database_ ? database_->samples(now) : Result<MachineSamples>(MachineSamples{});
  return samples ? *std::move(samples) : MachineSamples{};
}

RelayState Backstage::relay() {
  auto state = database_ ? database_->relay() : Result<RelayState>(RelayState{});
  return state ? *std::move(state) : RelayState{};
}

}  // namespace systemcheck
