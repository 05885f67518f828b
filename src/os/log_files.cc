#include "os/log_files.h"

#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <filesystem>
#include <system_error>
#include <utility>

#include "base/text.h"
#include "os/descriptor.h"
#include "os/log_watch.h"
#include "os/os_error.h"

namespace systemcheck {
namespace {

Error refused(const std::string& path, std::string_view why) {
  return {Error::Kind::refused, printable(path) + ": " + std::string(why)};
}

WallTime wall_time(const timespec& time) {
  return WallTime{std::chrono::seconds{time.tv_sec} + std::chrono::nanoseconds{time.tv_nsec}};
}

LogFileStatus status_of(const struct stat& status) {
  return {.device = status.st_dev,
          .inode = status.st_ino,
          .size_bytes = static_cast<std::uint64_t>(status.st_size),
          .links = status.st_nlink,
          .modified = wall_time(status.st_mtim)};
}

class OpenFile final : public LogFile {
 public:
  OpenFile(Descriptor file, std::string path) : file_(std::move(file)), path_(std::move(path)) {}

  Result<LogFileStatus> status() override {
    struct stat status {};
    if (::fstat(file_.number(), &status) != 0) return os_error(printable(path_));
    return status_of(status);
  }
  Result<std::size_t> read_at(std::uint64_t offset, std::span<char> into) override {
    std::size_t total = 0;
    while (total < into.size()) {
      const auto count = ::pread(file_.number(), into.data() + total, into.size() - total,
                                 static_cast<off_t>(offset + total));
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) return os_error(printable(path_));
      if (count == 0) break;
      total += static_cast<std::size_t>(count);
    }
    return total;
  }

 private:
  Descriptor file_;
  std::string path_;
};

Status check_directory(const LogName& name) {
  struct stat status {};
  if (::stat(name.directory.c_str(), &status) != 0) return os_error(printable(name.directory));
  if ((status.st_mode & S_IWOTH) != 0) {
    return refused(name.path(), "everybody can make files in its directory, so its lines might be anybody's");
  }
  return Nothing{};
}

/// The name that a link stands for.
Result<LogName> read_target(const LogName& link) {
  std::array<char, PATH_MAX> target{};
  const auto size = ::readlink(link.path().c_str(), target.data(), target.size());
  if (size < 0) return os_error(printable(link.path()));
  const std::string text(target.data(), static_cast<std::size_t>(size));
  return split_log_path(text.starts_with('/') ? text : link.directory + "/" + text);
}

Result<LogName> follow_link(const LogName& link, const struct stat& status) {
  if (status.st_uid != 0 && status.st_uid != ::geteuid()) {
    return refused(link.path(), "is a link made by user " + std::to_string(status.st_uid) +
                                    "; only one made by root is followed");
  }
  return read_target(link);
}

/// What is no regular file is not even opened: of a device that alone may do something.
Status check_kind(const std::string& path, const struct stat& status) {
  if (!S_ISREG(status.st_mode)) {
    return refused(path, S_ISDIR(status.st_mode) ? "is a directory, not a log" : "is not a regular file");
  }
  if ((status.st_mode & S_IWOTH) != 0) {
    return refused(path, "everybody can write to it, so its lines might be anybody's");
  }
  return Nothing{};
}

Result<std::unique_ptr<LogFile>> open_regular(const std::string& path) {
  // O_NONBLOCK: it may have become a pipe since we looked.
  Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW));
  if (!file.is_open()) return os_error(printable(path));
  struct stat status {};
  if (::fstat(file.number(), &status) != 0) return os_error(printable(path));
  if (auto checked = check_kind(path, status); !checked) return std::move(checked).error();
  return std::unique_ptr<LogFile>(std::make_unique<OpenFile>(std::move(file), path));
}

class LinuxLogFiles final : public LogFiles {
 public:
  Result<LogFileStatus> look(const std::string& path) override {
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0) return os_error(printable(path));
    return status_of(status);
  }

  std::vector<LogName> names(const std::string& path) override {
    std::vector<LogName> names{split_log_path(path)};
    while (names.size() <= log_links_max) {
      auto target = read_target(names.back());
      if (!target) break;  // No link: that is where it ends.
      names.push_back(*std::move(target));
    }
    return names;
  }

  Result<OpenedLog> open(const std::string& path) override {
    auto here = split_log_path(path);
    for (std::size_t links = 0; links <= log_links_max; ++links) {
      if (auto checked = check_directory(here); !checked) return std::move(checked).error();
      struct stat status {};
      if (::lstat(here.path().c_str(), &status) != 0) return os_error(printable(here.path()));
      if (!S_ISLNK(status.st_mode)) return finish(std::move(here), status);
      auto target = follow_link(here, status);
      if (!target) return std::move(target).error();
      here = *std::move(target);
    }
    return os_error(printable(path), ELOOP);
  }

  Result<std::vector<std::string>> list(const std::string& directory) override {
    std::vector<std::string> names;
    std::error_code error;
    for (std::filesystem::directory_iterator entry(directory, error), end;
         !error && entry != end && names.size() < log_names_max; entry.increment(error)) {
      names.push_back(entry->path().filename().string());
    }
    if (error) return os_error(printable(directory), error.value());
    return names;
  }

  Result<std::unique_ptr<LogWatch>> make_watch() override { return make_inotify(); }

 private:
  static Result<OpenedLog> finish(LogName name, const struct stat& status) {
    const auto path = name.path();
    if (auto checked = check_kind(path, status); !checked) return std::move(checked).error();
    auto file = open_regular(path);
    if (!file) return std::move(file).error();
    return OpenedLog{.file = *std::move(file), .name = std::move(name)};
  }
};

}  // namespace

LogName split_log_path(const std::string& path) {
  const auto slash = path.rfind('/');
  if (slash == std::string::npos) return {.directory = ".", .name = path};
  return {.directory = slash == 0 ? "/" : path.substr(0, slash), .name = path.substr(slash + 1)};
}

std::unique_ptr<LogFiles> make_log_files() { return std::make_unique<LinuxLogFiles>(); }

}  // namespace systemcheck
