#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/units.h"

namespace systemcheck {

struct FileStatus {
  uid_t owner = 0;
  mode_t mode = 0;  ///< type and permission bits, inode(7)
  std::uint64_t size_bytes = 0;
  std::uint64_t inode = 0;
  std::uint64_t device = 0;
  WallTime modified{};
};

/// A file that nobody but root, or the user we run as, can have written.
struct OwnFile {
  std::string text{};
  WallTime modified{};

  bool operator==(const OwnFile&) const = default;
};

/// One entry of a directory whose name is a decimal number.
struct NumberedEntry {
  pid_t number = 0;
  /// Of the entry, getdents64(2). In /proc it belongs to one process: a number that is used again has
  /// another.
  std::uint64_t inode = 0;
};

/// statvfs(3) of one mounted file system.
struct FileSystemUsage {
  std::uint64_t size_bytes = 0;
  std::uint64_t free_bytes = 0;
  std::uint64_t available_bytes = 0;  ///< to unprivileged users
  std::uint64_t files = 0;            ///< inodes; 0 where the file system has no fixed number
  std::uint64_t files_free = 0;
  bool is_read_only = false;
};

/// The machine's constants that turn kernel numbers into people's units.
struct HostConstants {
  std::uint64_t page_bytes = 4096;
  std::uint64_t ticks_per_second = 100;
};

/// Looks at the machine, and touches nothing. Paths are absolute; the real one reads them below a
/// root of its own, so that the whole program runs on a fixture tree.
/// Used from one thread at a time (the collector's).
class Host {
 public:
  virtual ~Host() = default;

  /// The content of a file, cut at `limit_bytes` without an error.
  virtual Result<std::string> read_file(std::string_view path, std::size_t limit_bytes) = 0;
  /// The same of a regular file that is not reached by a link, belongs to root or to the user we run as, and
  /// can be written by nobody else: an error of kind refused if it is not so.
  virtual Result<OwnFile> read_own_file(std::string_view path, std::size_t limit_bytes) = 0;
  /// The content of a file of one process, which the kernel gives in one piece, into the caller's memory: the
  /// hot path. Returns how many bytes; a full buffer may be cut.
  virtual Result<std::size_t> read_into(const char* path, std::span<char> buffer) = 0;
  /// Names in a directory, without "." and "..", in no order.
  virtual Result<std::vector<std::string>> list(std::string_view path) = 0;
  /// The same of a directory that belongs to root or to the user we run as, and in which nobody else can make
  /// files: an error of kind refused if it is not so, and failed where something else has its name.
  virtual Result<std::vector<std::string>> list_own(std::string_view path) = 0;
  /// The decimal names in a directory, ascending: the processes of /proc.
  virtual Result<std::vector<NumberedEntry>> list_numbers(std::string_view path) = 0;
  /// Follows links.
  virtual Result<FileStatus> status(const char* path) = 0;
  virtual Result<std::string> read_link(const char* path) = 0;
  /// Who has a file locked for writing, fcntl(2); nothing is locked, waited for or created by asking. 0
  /// where the kernel does not tell which process it is: one in another pid namespace, or an open file
  /// description lock, which belongs to no process.
  virtual Result<std::optional<pid_t>> lock_holder(const char* path) = 0;
  /// Never blocks for longer than a moment: a mount that hangs is an error of kind timed_out, at
  /// once from the second time on until it answers again.
  virtual Result<FileSystemUsage> file_system_usage(std::string_view mount_point) = 0;
  /// The user's name; the number in decimal where there is none.
  virtual std::string user_name(uid_t user) = 0;
  virtual HostConstants constants() = 0;
  virtual Instant now() = 0;
  virtual WallTime wall_now() = 0;
  /// Nothing more is looked at for a while: what is kept only for the next look may go.
  virtual void finish_looking() {}
};

/// Small pseudo-files are never longer than this; what is longer is cut.
inline constexpr std::size_t pseudo_file_limit_bytes = std::size_t{1} << 20;

}  // namespace systemcheck
