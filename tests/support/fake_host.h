#pragma once

#include <sys/stat.h>

#include <algorithm>
#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/text.h"
#include "os/host.h"

namespace systemcheck::test {

/// One process of a FakeHost, in people's units. What is not said is what an ordinary daemon has.
struct FakeProcess {
  pid_t pid = 0;
  pid_t parent = 1;
  std::string comm{};        ///< empty: the base name of the executable, cut at 15 bytes
  std::string cmdline{};     ///< arguments separated by blanks; empty: a kernel thread
  std::string executable{};  ///< empty: its link cannot be read
  std::string control_group = "/";
  uid_t user = 0;
  char state = 'S';
  pid_t session = 0;          ///< 0: its own
  double started_after = 10;  ///< seconds since boot
  std::uint64_t user_ticks = 0;
  std::uint64_t system_ticks = 0;
  std::uint64_t threads = 1;
  std::uint64_t resident_pages = 100;
  std::uint64_t swap_kib = 0;
  std::int32_t nice = 0;
};

/// A machine made of maps. It behaves: a process that ends is gone from /proc, and time goes on only
/// when somebody says so. Counts what it is asked, because looking is what collecting costs.
class FakeHost : public Host {
 public:
  static constexpr std::uint64_t boot_time = 1'700'000'000;
  static constexpr std::uint64_t ticks_per_second = 100;

  /// A machine that was booted an hour ago, with all the files that the collectors read.
  FakeHost() {
    write("/proc/loadavg", "0.21 0.37 0.39 1/719 19737\n");
    write("/proc/meminfo",
          "MemTotal: 1000000 kB\nMemFree: 200000 kB\nMemAvailable: 600000 kB\nBuffers: 10000 kB\n"
          "Cached: 300000 kB\nSwapTotal: 0 kB\nSwapFree: 0 kB\nSReclaimable: 5000 kB\n");
    write("/proc/vmstat", "pswpin 3\npswpout 4\noom_kill 1\n");
    write("/proc/stat",
          "cpu  100 2 300 4000 5 6 7 8 0 0\ncpu0 100 2 300 4000 5 6 7 8 0 0\nctxt 12345\nbtime " +
              std::to_string(boot_time) + "\nprocesses 4321\nprocs_running 2\nprocs_blocked 1\n");
    write("/proc/sys/kernel/pid_max", "4194304\n");
    write("/proc/self/mountinfo", "22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw\n");
    write("/proc/diskstats", "   8       0 sda 10 0 80 5 20 0 160 6 0 7 11 0 0 0 0\n");
    write("/proc/self/cgroup", "0::/system.slice/systemcheck.service\n");
    write("/proc/self/stat", stat_line({.pid = 99, .comm = "systemcheckd", .session = 99}));
    write("/proc/self/limits", "Max open files            1024                 4096                 files\n");
    write("/proc/self/fd/0", "");
    set_usage(
        "/",
        FileSystemUsage{
            .size_bytes = 1000, .free_bytes = 400, .available_bytes = 300, .files = 100, .files_free = 50});
    users_[0] = "root";
    advance(std::chrono::hours{1});
  }

  // Arranging the world.

  void write(const std::string& path, std::string text) {
    files_[path] = {.text = std::move(text), .modified = wall_};
  }
  void link(const std::string& path, std::string target) { links_[path] = std::move(target); }
  void own(const std::string& path, uid_t user) { owners_[path] = user; }
  /// The file is made where it was not there. A lock ends with its process, or when it is let go.
  void lock(const std::string& path, pid_t holder) {
    if (find_file(path) == nullptr) write(path, "");
    locks_[path] = holder;
  }
  void unlock(const std::string& path) { locks_.erase(path); }
  void name_user(uid_t user, std::string name) { users_[user] = std::move(name); }
  void set_usage(const std::string& mount_point, Result<FileSystemUsage> usage) {
    usage_.insert_or_assign(mount_point, std::move(usage));
  }
  /// Everything that looks at this path from now on fails.
  void fail(const std::string& path, Error::Kind kind) { failures_[path] = kind; }
  void mend(const std::string& path) { failures_.erase(path); }
  /// The path is listed, but gone when it is opened: what a race looks like.
  void vanish(const std::string& path) { fail(path, Error::Kind::not_found); }

  /// Removes a file, or a directory with all below it.
  void remove(const std::string& path) {
    const auto remove_from = [&path](auto& entries) {
      entries.erase(path);
      entries.erase(entries.lower_bound(path + "/"), entries.lower_bound(path + "0"));  // '0' follows '/'
    };
    remove_from(files_);
    remove_from(links_);
    remove_from(owners_);
    remove_from(failures_);
  }

  /// Adds a process, or changes the one with this pid.
  void add_process(FakeProcess process) {
    if (process.comm.empty()) process.comm = std::string(base_name(process.executable).substr(0, 15));
    if (process.session == 0) process.session = process.pid;
    const auto directory = "/proc/" + std::to_string(process.pid);
    remove(directory);
    std::string arguments = process.cmdline;
    std::ranges::replace(arguments, ' ', '\0');
    if (!arguments.empty()) arguments += '\0';
    write(directory + "/stat", stat_line(process));
    write(directory + "/cmdline", arguments);
    write(directory + "/cgroup", "0::" + process.control_group + "\n");
    write(directory + "/status", "Name:\tx\nTgid:\t" + std::to_string(process.pid) + "\nVmSwap:\t" +
                                     std::to_string(process.swap_kib) + " kB\n");
    own(directory, process.user);
    if (!process.executable.empty()) link(directory + "/exe", process.executable);
    if (process.executable.empty()) fail(directory + "/exe", Error::Kind::denied);
    auto& known = inodes_[directory];
    const auto start = static_cast<std::uint64_t>(process.started_after * ticks_per_second);
    if (known.inode != 0 && known.start == start) return;
    known = {.start = start, .inode = ++last_inode_};
    note_birth(process.pid);
  }
  /// Of a process or a thread: what the kernel tells of the numbers it has given out.
  void note_birth(pid_t number) {
    write("/proc/sys/kernel/ns_last_pid", std::to_string(number) + "\n");
    auto& text = files_["/proc/stat"].text;
    const auto begin = text.find("\nprocesses ");
    if (begin == std::string::npos) return;
    text.replace(begin, text.find('\n', begin + 1) - begin, "\nprocesses " + std::to_string(++births_));
  }
  void end_process(pid_t pid) {
    remove("/proc/" + std::to_string(pid));
    std::erase_if(locks_, [pid](const auto& lock) { return lock.second == pid; });
  }

  void advance(Duration time) {
    now_ += time;
    wall_ += time;
    write("/proc/uptime", std::to_string(in_seconds(now_.time_since_epoch())) + " 1.00\n");
  }
  [[nodiscard]] double uptime() const { return in_seconds(now_.time_since_epoch()); }

  // What it was asked since the last reset_counts().

  struct Counts {
    std::size_t reads = 0;
    std::size_t statuses = 0;
    std::size_t links = 0;
    std::size_t lists = 0;  ///< of numbers
  };
  Counts counts{};
  std::vector<std::string> usage_asked{};
  void reset_counts() { counts = {}; }

  // Host.

  Result<std::string> read_file(std::string_view path, std::size_t limit_bytes) override {
    ++counts.reads;
    const auto* file = find_file(path);
    if (file == nullptr || failure_of(path)) return error_of(path);
    return file->text.substr(0, limit_bytes);
  }
  Result<OwnFile> read_own_file(std::string_view path, std::size_t limit_bytes) override {
    const std::string name(path);
    if (links_.contains(name)) return Error{Error::Kind::refused, name + " is a symbolic link"};
    const auto* file = find_file(path);
    if (file == nullptr || failure_of(path)) return error_of(path);
    if (const auto stranger = stranger_of(name)) return *stranger;
    return OwnFile{.text = file->text.substr(0, limit_bytes), .modified = file->modified};
  }
  Result<std::size_t> read_into(const char* path, std::span<char> buffer) override {
    ++counts.reads;
    const auto* file = find_file(path);
    if (file == nullptr || failure_of(path)) return error_of(path);
    return file->text.copy(buffer.data(), buffer.size());
  }
  Result<std::vector<std::string>> list(std::string_view path) override {
    const auto names = names_below(path);
    if (names.empty() || failure_of(path)) return error_of(path);
    return std::vector<std::string>(names.begin(), names.end());
  }
  Result<std::vector<std::string>> list_own(std::string_view path) override {
    if (const auto stranger = stranger_of(std::string(path))) return *stranger;
    if (find_file(path) != nullptr) return Error{Error::Kind::failed, std::string(path) + " is no directory"};
    return list(path);
  }
  Result<std::vector<NumberedEntry>> list_numbers(std::string_view path) override {
    ++counts.lists;
    const auto names = names_below(path);
    if (names.empty() || failure_of(path)) return error_of(path);
    std::vector<NumberedEntry> entries;
    for (const auto& name : names) {
      const auto number = parse_number<pid_t>(name);
      if (number) entries.push_back({*number, inode_of(std::string(path) + "/" + name)});
    }
    std::ranges::sort(entries, {}, &NumberedEntry::number);
    return entries;
  }
  Result<FileStatus> status(const char* path) override {
    ++counts.statuses;
    std::string real = path;
    if (const auto link = links_.find(real); link != links_.end()) real = link->second;
    const auto* file = find_file(real);
    const bool is_directory = file == nullptr && has_below(real);
    if (failure_of(path) || (file == nullptr && !is_directory)) return error_of(path);
    const auto owner = owners_.find(real);
    return FileStatus{.owner = owner != owners_.end() ? owner->second : 0,
                      .mode = is_directory ? S_IFDIR | 0755U : S_IFREG | 0644U,
                      .size_bytes = file != nullptr ? file->text.size() : 0,
                      .inode = inode_of(real),
                      .modified = file != nullptr ? file->modified : WallTime{}};
  }
  Result<std::string> read_link(const char* path) override {
    ++counts.links;
    const auto found = links_.find(path);
    if (found == links_.end() || failure_of(path)) return error_of(path);
    return found->second;
  }
  Result<std::optional<pid_t>> lock_holder(const char* path) override {
    if (find_file(path) == nullptr || failure_of(path)) return error_of(path);
    const auto found = locks_.find(path);
    if (found == locks_.end()) return std::optional<pid_t>{};
    return std::optional<pid_t>{found->second};
  }
  Result<FileSystemUsage> file_system_usage(std::string_view mount_point) override {
    usage_asked.emplace_back(mount_point);
    const auto found = usage_.find(std::string(mount_point));
    if (found == usage_.end()) return error_of(mount_point);
    return found->second;
  }
  std::string user_name(uid_t user) override {
    const auto found = users_.find(user);
    return found != users_.end() ? found->second : std::to_string(user);
  }
  HostConstants constants() override { return {.page_bytes = 4096, .ticks_per_second = ticks_per_second}; }
  Instant now() override { return now_; }
  WallTime wall_now() override { return wall_; }

  /// /proc/PID/stat of such a process, proc(5).
  static std::string stat_line(const FakeProcess& process) {
    const auto start = static_cast<std::uint64_t>(process.started_after * ticks_per_second);
    const auto session = std::to_string(process.session);
    return std::to_string(process.pid) + " (" + process.comm + ") " + process.state + " " +
           std::to_string(process.parent) + " " + session + " " + session + " 0 -1 4194560 0 0 0 0 " +
           std::to_string(process.user_ticks) + " " + std::to_string(process.system_ticks) + " 0 0 20 " +
           std::to_string(process.nice) + " " + std::to_string(process.threads) + " 0 " +
           std::to_string(start) + " 10485760 " + std::to_string(process.resident_pages) +
           " 18446744073709551615 1 1 " +
           std::to_string(std::hash<std::string>{}(process.executable) >> 16U) +
           " 0 0 0 0 0 0 0 0 0 17 0 0 0 0 0 0\n";
  }

 private:
  struct File {
    std::string text{};
    WallTime modified{};
  };

  struct ProcessInode {
    std::uint64_t start = 0;
    std::uint64_t inode = 0;
  };

  std::uint64_t inode_of(const std::string& path) const {
    const auto found = inodes_.find(path);
    return found != inodes_.end() ? found->second.inode : 0;
  }
  const File* find_file(std::string_view path) const {
    const auto found = files_.find(std::string(path));
    return found != files_.end() ? &found->second : nullptr;
  }
  std::optional<Error::Kind> failure_of(std::string_view path) const {
    const auto found = failures_.find(std::string(path));
    if (found == failures_.end()) return std::nullopt;
    return found->second;
  }
  std::optional<Error> stranger_of(const std::string& path) const {
    const auto owner = owners_.find(path);
    if (owner == owners_.end() || owner->second == 0) return std::nullopt;
    return Error{Error::Kind::refused, path + " belongs to user " + std::to_string(owner->second)};
  }
  Error error_of(std::string_view path) const {
    return {failure_of(path).value_or(Error::Kind::not_found), std::string(path) + ": not to be had"};
  }
  bool has_below(const std::string& path) const {
    const auto has = [&path](const auto& entries) {
      const auto next = entries.lower_bound(path + "/");
      return next != entries.end() && next->first.starts_with(path + "/");
    };
    return path == "/" || has(files_) || has(links_);
  }
  std::set<std::string> names_below(std::string_view path) const {
    const auto prefix = std::string(path) + (path.ends_with('/') ? "" : "/");
    std::set<std::string> names;
    const auto add_from = [&](const auto& entries) {
      for (auto it = entries.lower_bound(prefix); it != entries.end() && it->first.starts_with(prefix); ++it)
        names.insert(it->first.substr(prefix.size(), it->first.find('/', prefix.size()) - prefix.size()));
    };
    add_from(files_);
    add_from(links_);
    return names;
  }

  std::map<std::string, File> files_{};
  std::map<std::string, std::string> links_{};
  std::map<std::string, uid_t> owners_{};
  std::map<std::string, pid_t, std::less<>> locks_{};
  std::map<std::string, Error::Kind> failures_{};
  std::map<std::string, Result<FileSystemUsage>> usage_{};
  std::map<uid_t, std::string> users_{};
  std::map<std::string, ProcessInode> inodes_{};  ///< a directory of /proc belongs to one process
  std::uint64_t last_inode_ = 0;
  std::uint64_t births_ = 4321;
  Instant now_{};
  WallTime wall_{std::chrono::seconds{boot_time}};
};

}  // namespace systemcheck::test
