#include "os/linux_host.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <pwd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <utility>

#include "base/text.h"
#include "os/os_error.h"

namespace systemcheck {
namespace {

constexpr std::size_t directory_buffer_bytes = std::size_t{64} << 10;
constexpr std::size_t passwd_limit_bytes = std::size_t{4} << 20;

std::string without_trailing_slashes(std::string path) {
  while (path.ends_with('/'))
    path.pop_back();
  return path;
}

/// Reads until the buffer is full or the file ends. /proc gives long files in pieces.
Result<std::size_t> read_all(int file, std::span<char> buffer, std::string_view path) {
  std::size_t length = 0;
  while (length < buffer.size()) {
    const auto got = ::read(file, buffer.data() + length, buffer.size() - length);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return os_error(path);
    if (got == 0) break;
    length += static_cast<std::size_t>(got);
  }
  return length;
}

/// Any user can give a file any time: more overflows a WallTime.
constexpr std::int64_t seconds_max = 9'000'000'000;  // Of the year 2255.

WallTime wall_time(std::int64_t seconds, std::int64_t nanoseconds) {
  return WallTime{std::chrono::seconds{std::clamp<std::int64_t>(seconds, 0, seconds_max)} +
                  std::chrono::nanoseconds{nanoseconds}};
}

WallTime wall_time_from(const statx_timestamp& time) { return wall_time(time.tv_sec, time.tv_nsec); }

FileStatus status_from(const struct statx& raw) {
  return {
      .owner = raw.stx_uid,
      .mode = raw.stx_mode,
      .size_bytes = raw.stx_size,
      .inode = raw.stx_ino,
      .device = gnu_dev_makedev(raw.stx_dev_major, raw.stx_dev_minor),
      .modified = wall_time_from(raw.stx_mtime),
  };
}

/// getpwuid_r(3) says how much memory it wants only by refusing what it gets.
std::string name_from_system(uid_t user) {
  std::vector<char> buffer(1024);
  for (; buffer.size() <= pseudo_file_limit_bytes; buffer.resize(buffer.size() * 4)) {
    passwd entry{};
    passwd* found = nullptr;
    const int error = ::getpwuid_r(user, &entry, buffer.data(), buffer.size(), &found);
    if (error == ERANGE) continue;
    return found != nullptr ? found->pw_name : std::string();
  }
  return {};
}

std::string_view take_field(std::string_view& line) {
  const auto field = line.substr(0, line.find(':'));
  line.remove_prefix(std::min(field.size() + 1, line.size()));
  return field;
}

/// passwd(5): "root:x:0:0:root:/root:/bin/bash"
std::string name_from_passwd(std::string_view text, uid_t user) {
  while (!text.empty()) {
    auto line = take_line(text);
    const auto name = take_field(line);
    (void)take_field(line);  // the password
    if (parse_number<uid_t>(take_field(line)) == user) return std::string(name);
  }
  return {};
}

Error refused(std::string_view path, std::string_view why) {
  return {Error::Kind::refused, printable(path) + " " + std::string(why)};
}

/// Who else could have made it what it is; empty: nobody but root and ourselves.
std::string stranger_words(const struct stat& status) {
  if (status.st_uid != 0 && status.st_uid != ::geteuid())
    return "belongs to user " + std::to_string(status.st_uid);
  const bool is_open_to_others = (status.st_mode & (S_IWGRP | S_IWOTH)) != 0;
  return is_open_to_others ? "can be written by others than its owner" : "";
}

bool is_own_name(std::string_view name) { return name != "." && name != ".."; }

}  // namespace

LinuxHost::LinuxHost(std::string root)
    : root_(without_trailing_slashes(std::move(root))),
      root_directory_(::open((root_ + "/").c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)) {}

/// A tree of fixtures may contain absolute links: they stay inside of it. The real root is opened
/// without that check, which costs a bit on each of some ten thousand files a cycle.
Descriptor LinuxHost::open_below(const char* path, int flags) const {
  const char* relative = path;
  while (*relative == '/')
    ++relative;
  if (*relative == '\0') relative = ".";
  if (root_.empty()) return Descriptor(::openat(root_directory_.number(), relative, flags | O_CLOEXEC));
  open_how how{};
  how.flags = static_cast<std::uint64_t>(flags | O_CLOEXEC);
  how.resolve = RESOLVE_IN_ROOT;
  return Descriptor(
      static_cast<int>(::syscall(SYS_openat2, root_directory_.number(), relative, &how, sizeof how)));
}

Result<std::string> LinuxHost::read_file(std::string_view path, std::size_t limit_bytes) {
  const std::string terminated(path);
  // Without O_NONBLOCK a pipe in the place of a file would wait for a writer.
  const auto file = open_below(terminated.c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY);
  if (!file.is_open()) return os_error(path);
  constexpr std::size_t step = 16384;
  std::string text;
  for (;;) {
    const auto before = text.size();
    text.resize(std::min(limit_bytes, before + step));
    const auto got = read_all(file.number(), std::span(text).subspan(before), path);
    if (!got) return got.error();
    const bool is_over = *got < text.size() - before || text.size() == limit_bytes;
    text.resize(before + *got);
    if (is_over) return text;
  }
}

/// What is asked of the open file stays true of what is read from it.
Result<OwnFile> LinuxHost::read_own_file(std::string_view path, std::size_t limit_bytes) {
  const std::string terminated(path);
  const auto file = open_below(terminated.c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW);
  const bool is_link = !file.is_open() && errno == ELOOP;
  if (is_link) return refused(path, "is a symbolic link");
  if (!file.is_open()) return os_error(path);
  struct stat status {};
  if (::fstat(file.number(), &status) != 0) return os_error(path);
  if (!S_ISREG(status.st_mode)) return refused(path, "is no regular file");
  if (const auto stranger = stranger_words(status); !stranger.empty()) return refused(path, stranger);
  OwnFile own{.text = std::string(limit_bytes, '\0'),
              .modified = wall_time(status.st_mtim.tv_sec, status.st_mtim.tv_nsec)};
  const auto got = read_all(file.number(), own.text, path);
  if (!got) return got.error();
  own.text.resize(*got);
  return own;
}

/// Not until the end of the file is seen: that would be one more call for each process.
Result<std::size_t> LinuxHost::read_into(const char* path, std::span<char> buffer) {
  const auto file = open_below(path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
  if (!file.is_open()) return os_error(path);
  for (;;) {
    const auto length = ::read(file.number(), buffer.data(), buffer.size());
    if (length >= 0) return static_cast<std::size_t>(length);
    if (errno != EINTR) return os_error(path);
  }
}

/// One answer of getdents64(2). Returns how many entries it had.
template <typename Visit>
static std::size_t visit_entries(std::span<const char> answer, Visit& visit) {
  std::size_t entries = 0;
  for (std::size_t at = 0; at < answer.size(); ++entries) {
    const auto* entry = reinterpret_cast<const dirent64*>(answer.data() + at);
    at += entry->d_reclen;
    visit(std::string_view(entry->d_name), entry->d_ino);
  }
  return entries;
}

template <typename Visit>
Status LinuxHost::visit_names(std::string_view path, Visit visit) {
  const std::string terminated(path);
  const auto directory = open_below(terminated.c_str(), O_RDONLY | O_DIRECTORY);
  if (!directory.is_open()) return os_error(path);
  return visit_names_in(directory, path, std::move(visit));
}

template <typename Visit>
Status LinuxHost::visit_names_in(const Descriptor& directory, std::string_view path, Visit visit) {
  std::size_t entries = 0;
  directory_buffer_.resize(directory_buffer_bytes);  // Not before: some never list anything.
  for (;;) {
    // getdents64(2) by hand: readdir(3) reads 32 KiB at a time and allocates.
    const auto length = ::getdents64(directory.number(), directory_buffer_.data(), directory_buffer_.size());
    if (length < 0) return os_error(path);
    if (length == 0) return Nothing{};
    entries += visit_entries({directory_buffer_.data(), static_cast<std::size_t>(length)}, visit);
    if (entries > directory_entries_max) {
      return Error{Error::Kind::refused, std::string(path) + ": too many entries"};
    }
  }
}

Result<std::vector<std::string>> LinuxHost::list(std::string_view path) {
  std::vector<std::string> names;
  const auto seen = visit_names(path, [&names](std::string_view name, std::uint64_t) {
    if (is_own_name(name)) names.emplace_back(name);
  });
  if (!seen) return seen.error();
  return names;
}

Result<std::vector<std::string>> LinuxHost::list_own(std::string_view path) {
  const std::string terminated(path);
  const auto directory = open_below(terminated.c_str(), O_RDONLY | O_DIRECTORY);
  const bool is_something_else = !directory.is_open() && errno == ENOTDIR;
  if (is_something_else) return Error{Error::Kind::failed, printable(path) + " is no directory"};
  if (!directory.is_open()) return os_error(path);
  struct stat status {};
  if (::fstat(directory.number(), &status) != 0) return os_error(path);
  if (const auto stranger = stranger_words(status); !stranger.empty()) return refused(path, stranger);
  std::vector<std::string> names;
  const auto seen = visit_names_in(directory, path, [&names](std::string_view name, std::uint64_t) {
    if (is_own_name(name)) names.emplace_back(name);
  });
  if (!seen) return seen.error();
  return names;
}

Result<std::vector<NumberedEntry>> LinuxHost::list_numbers(std::string_view path) {
  std::vector<NumberedEntry> entries;
  const auto seen = visit_names(path, [&entries](std::string_view name, std::uint64_t inode) {
    if (const auto number = parse_number<pid_t>(name)) entries.push_back({*number, inode});
  });
  if (!seen) return seen.error();
  // /proc is sorted, a fixture is not.
  if (!std::ranges::is_sorted(entries, {}, &NumberedEntry::number))
    std::ranges::sort(entries, {}, &NumberedEntry::number);
  return entries;
}

Result<FileStatus> LinuxHost::status(const char* path) {
  struct statx raw {};
  constexpr unsigned wanted = STATX_BASIC_STATS;
  if (root_.empty()) {
    if (::statx(AT_FDCWD, path, AT_NO_AUTOMOUNT, wanted, &raw) != 0) return os_error(path);
    return status_from(raw);
  }
  const auto file = open_below(path, O_PATH);
  if (!file.is_open()) return os_error(path);
  if (::statx(file.number(), "", AT_EMPTY_PATH, wanted, &raw) != 0) return os_error(path);
  return status_from(raw);
}

Result<std::string> LinuxHost::read_link(const char* path) {
  std::array<char, PATH_MAX> target{};
  const auto link = root_.empty() ? Descriptor() : open_below(path, O_PATH | O_NOFOLLOW);
  if (!root_.empty() && !link.is_open()) return os_error(path);
  const auto length = root_.empty() ? ::readlink(path, target.data(), target.size())
                                    : ::readlinkat(link.number(), "", target.data(), target.size());
  if (length < 0) return os_error(path);
  return std::string(target.data(), static_cast<std::size_t>(length));
}

/// As a reader: what somebody else only reads, as "rpm -qa" does its database, is not in use. Closing the
/// file again would drop a lock of our own on it, but nothing here takes any.
Result<std::optional<pid_t>> LinuxHost::lock_holder(const char* path) {
  const auto file = open_below(path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
  if (!file.is_open()) return os_error(path);
  struct flock lock {};
  lock.l_type = F_RDLCK;
  lock.l_whence = SEEK_SET;
  if (::fcntl(file.number(), F_GETLK, &lock) != 0) return os_error(path);
  if (lock.l_type == F_UNLCK) return std::optional<pid_t>{};
  return std::optional<pid_t>{std::max<pid_t>(lock.l_pid, 0)};
}

Result<FileSystemUsage> LinuxHost::file_system_usage(std::string_view mount_point) {
  return mounts_.usage(root_ + std::string(mount_point), now());
}

std::string LinuxHost::user_name(uid_t user) {
  forget_old_names();
  const auto found = names_.find(user);
  if (found != names_.end()) return found->second;
  return names_.emplace(user, look_up_name(user)).first->second;
}

/// Users come, go and are renamed while we run; and an attacker may have very many of them.
void LinuxHost::forget_old_names() {
  const auto moment = now();
  if (names_.size() < user_names_max && moment - names_since_ < user_names_valid_for) return;
  names_.clear();
  names_since_ = moment;
}

std::string LinuxHost::look_up_name(uid_t user) {
  std::string name;
  if (root_.empty()) {
    name = name_from_system(user);
  } else if (const auto text = read_file("/etc/passwd", passwd_limit_bytes)) {
    name = name_from_passwd(*text, user);
  }
  return name.empty() ? std::to_string(user) : name;
}

HostConstants LinuxHost::constants() {
  const auto page = ::sysconf(_SC_PAGESIZE);
  const auto ticks = ::sysconf(_SC_CLK_TCK);
  return {
      .page_bytes = page > 0 ? static_cast<std::uint64_t>(page) : HostConstants{}.page_bytes,
      .ticks_per_second = ticks > 0 ? static_cast<std::uint64_t>(ticks) : HostConstants{}.ticks_per_second,
  };
}

Instant LinuxHost::now() { return std::chrono::steady_clock::now(); }
WallTime LinuxHost::wall_now() { return std::chrono::system_clock::now(); }

}  // namespace systemcheck
