#include "store/backstage.h"

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

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

Status Backstage::open(WallTime now) {
  if (database_) return Nothing{};
  auto database = Database::open(opening_.path, opening_.run, opening_.limits);
  if (!database && database.error().kind == Error::Kind::malformed) {
    if (auto moved = set_aside(now); !moved) return moved;
    database = Database::open(opening_.path, opening_.run, opening_.limits);
  }
  if (!database) return std::move(database).error();
  database_ = *std::move(database);
  return Nothing{};
}

Status Backstage::set_aside(WallTime now) {
  database_.reset();
  const auto aside = opening_.path + ".corrupt-" + wall_time_text(now);
  std::error_code error;
  fs::rename(opening_.path, aside, error);
  if (error)
    return Error{Error::Kind::malformed, opening_.path + ": damaged, cannot be moved: " + error.message()};
  std::error_code ignored;  // A new file must not find the log of the old one.
  fs::remove(opening_.path + "-wal", ignored);
  fs::remove(opening_.path + "-shm", ignored);
  forget_old_damage(opening_.path);
  notice_ = opening_.path + " was damaged; it is kept as " + aside + ", and a new one was begun";
  return Nothing{};
}

Status Backstage::try_to_write(const Batch& batch, WallTime now) {
  if (auto opened = open(now); !opened) return opened;
  return database_->write(batch);
}

Written Backstage::write(const Batch& batch, WallTime now) {
  Written written;
  written.status = try_to_write(batch, now);
  if (!written.status && database_ && written.status.error().kind == Error::Kind::malformed) {
    auto moved = set_aside(now);
    written.status = moved ? try_to_write(batch, now) : std::move(moved);
  }
  if (!written.status && written.status.error().kind != Error::Kind::timed_out) database_.reset();
  if (written.status) tidy(now);
  if (database_) {
    const auto size = database_->size_bytes();
    written.size_bytes = size ? *size : 0;
  }
  written.notice = take_notice();
  return written;
}

/// In small steps, so that nobody waits for long behind it. A failure is met again by the next batch.
void Backstage::tidy(WallTime now) {
  const bool is_recent = tidied_at_ && now >= *tidied_at_ && now - *tidied_at_ < tidy_interval;
  if (is_recent) return;
  tidied_at_ = now;
  for (int step = 0; step < tidy_steps_max; ++step) {
    const auto more = database_->prune(now);
    if (!more || !*more) return;
  }
  tidied_at_.reset();  // There is more: go on with the next batch.
}

Result<HistoryPage> Backstage::read_file(const HistoryQuery& query, WallTime now) {
  if (auto opened = open(now); !opened) return std::move(opened).error();
  return database_->read(query);
}

Result<HistoryPage> Backstage::read(const HistoryQuery& query, const Batch& waiting, WallTime now) {
  auto filed = read_file(query, now);
  if (waiting.empty()) return filed;
  auto memory = Database::open(":memory:", opening_.run, opening_.limits);
  if (!memory) return std::move(memory).error();
  if (auto written = (*memory)->write(waiting); !written) return std::move(written).error();
  auto page = (*memory)->read(query);
  if (!page || !filed) return page;
  page->actions.insert(page->actions.end(), filed->actions.begin(), filed->actions.end());
  page->events.insert(page->events.end(), filed->events.begin(), filed->events.end());
  if (page->actions.size() > query.limit) page->actions.resize(query.limit);
  if (page->events.size() > query.limit) page->events.resize(query.limit);
  return page;
}

Result<Memos> Backstage::memos(WallTime now) {
  if (auto opened = open(now); !opened) return std::move(opened).error();
  auto memos = database_->memos();
  if (!memos && memos.error().kind == Error::Kind::malformed) {
    if (auto moved = set_aside(now); !moved) return std::move(moved).error();
    return Memos{};
  }
  return memos;
}

}  // namespace systemcheck
