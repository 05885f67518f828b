#include "os/shared_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <system_error>
#include <thread>
#include <utility>

#include "base/text.h"
#include "os/clock.h"
#include "os/os_error.h"

namespace systemcheck {
namespace {

// Readers hold their locks for a fraction of that.
constexpr Duration lock_pause = std::chrono::milliseconds{1};
constexpr mode_t for_the_group = 0640;
constexpr mode_t for_us = 0600;
constexpr std::string_view new_tag = ".new-";
constexpr std::string_view db_tag = "__db.";

bool try_lock(int file, LockKind kind) {
  if (kind == LockKind::flock) return ::flock(file, LOCK_EX | LOCK_NB) == 0;
  struct flock whole {};
  whole.l_type = F_WRLCK;
  whole.l_whence = SEEK_SET;
  return ::fcntl(file, F_SETLK, &whole) == 0;
}

void unlock(int file, LockKind kind) {
  if (kind == LockKind::flock) {
    ::flock(file, LOCK_UN);
    return;
  }
  struct flock whole {};
  whole.l_type = F_UNLCK;
  whole.l_whence = SEEK_SET;
  ::fcntl(file, F_SETLK, &whole);
}

bool is_held_by_another(int error_number) {
  return error_number == EWOULDBLOCK || error_number == EACCES || error_number == EINTR;
}

Status write_all(int file, std::string_view content) {
  while (!content.empty()) {
    const auto count = ::write(file, content.data(), content.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return os_error("write");
    content.remove_prefix(static_cast<std::size_t>(count));
  }
  return Nothing{};
}

std::string parent_of(const std::string& path) { return std::filesystem::path(path).parent_path().string(); }

/// ".relay.new-": what name_beside() begins with.
std::string new_name_of(const std::string& path) {
  return "." + std::string(base_name(path)) + std::string(new_tag);
}

Status write_new(const std::string& path, std::string_view content, std::optional<gid_t> group) {
  const Descriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, for_us));
  if (!file.is_open()) return os_error(path);
  if (auto written = write_all(file.number(), content); !written) return written;
  if (auto changed = let_group_read(file.number(), group); !changed) return changed;
  if (::fsync(file.number()) != 0) return os_error("fsync");
  return Nothing{};
}

}  // namespace

Result<FileLock> FileLock::take(int file, LockKind kind) {
  const auto end = steady_now() + patience;
  while (!try_lock(file, kind)) {
    if (!is_held_by_another(errno)) return os_error("lock");
    if (steady_now() >= end) return Error{Error::Kind::timed_out, "another program keeps it locked"};
    std::this_thread::sleep_for(lock_pause);
  }
  return FileLock(file, kind);
}

FileLock::~FileLock() {
  if (file_ >= 0) unlock(file_, kind_);
}

std::int64_t modification_second(int file) {
  struct stat status {};
  return ::fstat(file, &status) == 0 ? status.st_mtim.tv_sec : 0;
}

Status advance_modification_time(int file, std::int64_t before) {
  const auto now = std::chrono::floor<std::chrono::seconds>(wall_now().time_since_epoch()).count();
  const timespec time{.tv_sec = std::max<time_t>(now, before + 1), .tv_nsec = 0};
  const timespec both[2] = {time, time};
  if (::futimens(file, both) != 0) return os_error("futimens");
  return Nothing{};
}

Status let_group_read(int file, std::optional<gid_t> group) {
  if (group && ::fchown(file, static_cast<uid_t>(-1), *group) != 0) return os_error("chown");
  if (::fchmod(file, group ? for_the_group : for_us) != 0) return os_error("chmod");
  return Nothing{};
}

Result<Descriptor> open_own_file(const std::string& path) {
  Descriptor file(::open(path.c_str(), O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  if (!file.is_open()) return os_error(path);
  struct stat status {};
  if (::fstat(file.number(), &status) != 0) return os_error(path);
  if (!S_ISREG(status.st_mode)) return Error{Error::Kind::refused, path + " is not a file"};
  return file;
}

bool is_file_at(int file, const std::string& path) {
  struct stat ours {};
  struct stat there {};
  if (::fstat(file, &ours) != 0 || ::lstat(path.c_str(), &there) != 0) return false;
  return ours.st_dev == there.st_dev && ours.st_ino == there.st_ino;
}

Status replace_file(const std::string& path, std::string_view content, std::optional<gid_t> group) {
  const auto beside = name_beside(path);
  auto done = write_new(beside, content, group);
  if (done) done = rename_file(beside, path);
  if (!done) ::unlink(beside.c_str());
  return done;
}

Status rename_file(const std::string& from, const std::string& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) return os_error(to);
  const Descriptor directory(::open(parent_of(to).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory.is_open() || ::fsync(directory.number()) != 0) return os_error(parent_of(to));
  return Nothing{};
}

std::string name_beside(const std::string& path) {
  return parent_of(path) + "/" + new_name_of(path) + std::to_string(::getpid());
}

void remove_leftovers_beside(const std::string& path) {
  const auto ours = new_name_of(path);
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(parent_of(path), error)) {
    const auto name = entry.path().filename().string();
    const auto made = name.starts_with(db_tag) ? name.substr(db_tag.size()) : name;
    const bool is_left = made.starts_with(ours) || (made != name && made == base_name(path));
    if (is_left) ::unlink(entry.path().c_str());
  }
}

}  // namespace systemcheck
