#include "os/trusted_path.h"

#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <string_view>

#include "base/text.h"
#include "os/os_error.h"

namespace systemcheck {
namespace {

// As many as the kernel follows, path_resolution(7).
constexpr int links_max = 40;

/// What is left to walk, and where we are; a directory ends without a slash, the root is empty.
struct Walk {
  std::string here{};
  std::string rest{};
  int links = 0;
};

Error refused(std::string_view path, std::string_view why) {
  return {Error::Kind::refused, printable(path) + " " + std::string(why)};
}

std::string take_component(std::string& rest) {
  const auto begin = rest.find_first_not_of('/');
  if (begin == std::string::npos) return {};
  const auto end = std::min(rest.find('/', begin), rest.size());
  auto component = rest.substr(begin, end - begin);
  rest.erase(0, end);
  return component;
}

Status check_entry(const std::string& path, const struct stat& entry) {
  if (entry.st_uid != 0 && entry.st_uid != ::geteuid()) {
    return refused(path,
                   "belongs to user " + std::to_string(entry.st_uid) + ", who could replace what is run");
  }
  if (S_ISLNK(entry.st_mode)) return Nothing{};  // The mode of a link means nothing.
  const bool lets_others_write = (entry.st_mode & (S_IWGRP | S_IWOTH)) != 0;
  const bool protects_entries = S_ISDIR(entry.st_mode) && (entry.st_mode & S_ISVTX) != 0;
  if (lets_others_write && !protects_entries) return refused(path, "can be changed by others than root");
  return Nothing{};
}

Status follow_link(Walk& walk, const std::string& link) {
  if (++walk.links > links_max) return os_error(printable(link), ELOOP);
  std::array<char, PATH_MAX> target{};
  const auto size = ::readlink(link.c_str(), target.data(), target.size());
  if (size < 0) return os_error(printable(link), errno);
  const std::string_view text(target.data(), static_cast<std::size_t>(size));
  if (text.starts_with('/')) walk.here.clear();
  walk.rest = std::string(text) + walk.rest;
  return Nothing{};
}

Status step(Walk& walk, const std::string& component) {
  if (component == ".") return Nothing{};
  if (component == "..") {
    walk.here.erase(walk.here.empty() ? 0 : walk.here.rfind('/'));
    return Nothing{};
  }
  const std::string next = walk.here + "/" + component;
  struct stat entry {};
  if (::lstat(next.c_str(), &entry) != 0) return os_error(printable(next), errno);
  if (auto checked = check_entry(next, entry); !checked) return checked;
  if (S_ISLNK(entry.st_mode)) return follow_link(walk, next);
  walk.here = next;
  return Nothing{};
}

/// Where it leads, and what is there.
struct Arrival {
  std::string path{};
  struct stat entry {};
};

Result<Arrival> walk_trusted(const std::string& path) {
  if (!path.starts_with('/')) return refused(path, "is not an absolute path");
  struct stat root {};
  if (::lstat("/", &root) != 0) return os_error("/", errno);
  if (auto checked = check_entry("/", root); !checked) return checked.error();
  Walk walk{.here = {}, .rest = path};
  for (auto component = take_component(walk.rest); !component.empty();
       component = take_component(walk.rest)) {
    if (auto stepped = step(walk, component); !stepped) return stepped.error();
  }
  Arrival arrival{.path = walk.here.empty() ? "/" : walk.here};
  if (::lstat(arrival.path.c_str(), &arrival.entry) != 0) return os_error(printable(path), errno);
  return arrival;
}

}  // namespace

Result<std::string> read_trusted_path(const std::string& path) {
  const auto arrival = walk_trusted(path);
  if (!arrival) return arrival.error();
  if (!S_ISREG(arrival->entry.st_mode)) return refused(path, "is not a file");
  return arrival->path;
}

Result<std::string> read_trusted_directory(const std::string& path) {
  const auto arrival = walk_trusted(path);
  if (!arrival) return arrival.error();
  if (!S_ISDIR(arrival->entry.st_mode)) return refused(path, "is not a directory");
  if ((arrival->entry.st_mode & (S_IWGRP | S_IWOTH)) != 0)
    return refused(path, "can be changed by others than root");
  return arrival->path;
}

}  // namespace systemcheck
