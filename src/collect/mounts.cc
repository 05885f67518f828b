#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>

#include "base/text.h"
#include "collect/disks.h"

namespace systemcheck {
namespace {

/// Not made of blocks that could run out; statfs(2) on an autofs would mount what is behind it.
constexpr std::array<std::string_view, 24> kernel_types{
    "autofs",   "binfmt_misc", "bpf",        "cgroup",    "cgroup2", "configfs", "debugfs", "devpts",
    "devtmpfs", "efivarfs",    "fusectl",    "hugetlbfs", "mqueue",  "nsfs",     "proc",    "pstore",
    "ramfs",    "rpc_pipefs",  "securityfs", "selinuxfs", "sysfs",   "tracefs",  "nfsd",    "fuse.lxcfs",
};

bool is_octal(char c) { return c >= '0' && c <= '7'; }

/// "/mnt/my\040disk": blank, tab, newline, backslash and # are escaped, proc_pid_mountinfo(5).
std::string unescaped(std::string_view word) {
  std::string out;
  out.reserve(word.size());
  for (std::size_t i = 0; i < word.size(); ++i) {
    const bool is_escape = word[i] == '\\' && i + 3 < word.size() && is_octal(word[i + 1]) &&
                           is_octal(word[i + 2]) && is_octal(word[i + 3]);
    if (!is_escape) {
      out += word[i];
      continue;
    }
    out += static_cast<char>((word[i + 1] - '0') * 64 + (word[i + 2] - '0') * 8 + (word[i + 3] - '0'));
    i += 3;
  }
  return out;
}

/// Whether "ro" is one of "ro,nosuid,relatime".
bool has_read_only(std::string_view options) {
  return options == "ro" || options.starts_with("ro,") || options.ends_with(",ro") ||
         options.find(",ro,") != std::string_view::npos;
}

struct Mount {
  std::string_view device_number{};
  FileSystem file_system{};
};

/// "36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue": between the
/// options and the hyphen stands any number of fields.
std::optional<Mount> parse_mount(std::string_view line) {
  (void)take_word(line);  // its number
  (void)take_word(line);  // its parent's
  const auto device_number = take_word(line);
  (void)take_word(line);  // which part of the device is mounted
  const auto mount_point = take_word(line);
  const auto options = take_word(line);
  auto word = take_word(line);
  while (!word.empty() && word != "-")
    word = take_word(line);
  const auto type = take_word(line);
  const auto device = take_word(line);
  const auto device_options = take_word(line);
  if (device_options.empty()) return std::nullopt;
  return Mount{.device_number = device_number,
               .file_system = {.device = unescaped(device),
                               .mount_point = unescaped(mount_point),
                               .type = unescaped(type),
                               .is_read_only = has_read_only(options) || has_read_only(device_options)}};
}

std::vector<Mount> parse_lines(std::string_view mountinfo) {
  std::vector<Mount> mounts;
  while (!mountinfo.empty()) {
    auto mount = parse_mount(take_line(mountinfo));
    if (mount) mounts.push_back(*std::move(mount));
  }
  return mounts;
}

}  // namespace

std::vector<FileSystem> parse_mounts(std::string_view mountinfo) {
  auto mounts = parse_lines(mountinfo);
  std::unordered_map<std::string_view, const Mount*> on_top;
  for (const auto& mount : mounts)
    on_top[mount.file_system.mount_point] = &mount;
  std::unordered_set<std::string_view> seen;
  std::vector<FileSystem> shown;
  for (const auto& mount : mounts) {
    if (on_top[mount.file_system.mount_point] != &mount) continue;
    if (std::ranges::find(kernel_types, mount.file_system.type) != kernel_types.end()) continue;
    if (seen.insert(mount.device_number).second) shown.push_back(mount.file_system);
  }
  return shown;
}

}  // namespace systemcheck
