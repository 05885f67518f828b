#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/units.h"

// What following a log needs of the machine. A seam: disks, kernels and people do things at the worst moment,
// and tests must be able to bring that about. Nothing here can write, move or delete. Main thread.

namespace systemcheck {

struct LogFileStatus {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::uint64_t size_bytes = 0;
  std::uint64_t links = 0;  ///< names that lead to it; 0: it was deleted
  WallTime modified{};

  [[nodiscard]] bool is_same_file(const LogFileStatus& other) const {
    return device == other.device && inode == other.inode;
  }
};

/// A regular file that is open for reading, whatever becomes of its name.
class LogFile {
 public:
  virtual ~LogFile() = default;
  virtual Result<LogFileStatus> status() = 0;
  /// How many bytes; fewer than there is room for only at the end of the file.
  virtual Result<std::size_t> read_at(std::uint64_t offset, std::span<char> into) = 0;
};

/// A name, and the directory that it is in.
struct LogName {
  std::string directory{};
  std::string name{};

  [[nodiscard]] std::string path() const { return (directory == "/" ? "" : directory) + "/" + name; }
  bool operator==(const LogName&) const = default;
};

struct OpenedLog {
  std::unique_ptr<LogFile> file{};
  LogName name{};  ///< its own: what was asked for may have been a link
};

/// What has happened since the last look.
struct LogChanges {
  bool concern_us = false;      ///< something whose name begins like one of ours
  bool were_lost = false;       ///< more than the kernel keeps for us
  bool lost_directory = false;  ///< one is gone, or is another one now
};

/// Tells when something happens to files, inotify(7).
class LogWatch {
 public:
  virtual ~LogWatch() = default;
  /// Readable when there are changes to take.
  [[nodiscard]] virtual int descriptor() const = 0;
  /// From now on these, and no others. May be asked again at any time, and has to be: a directory that was
  /// replaced is only found so. An error if one of them cannot be watched; the others are.
  virtual Status watch(const std::vector<LogName>& names) = 0;
  /// Never waits.
  virtual LogChanges take() = 0;
};

class LogFiles {
 public:
  virtual ~LogFiles() = default;
  /// What the path leads to now, without opening it. Follows links.
  virtual Result<LogFileStatus> look(const std::string& path) = 0;
  /// The name, then one for each link that it leads over, whether there is a file at the end or not.
  virtual std::vector<LogName> names(const std::string& path) = 0;
  /// Opens it for reading. Refused: what is no regular file, what everybody can write to, what stands in a
  /// directory in which everybody can make files, and a link that somebody else than root (or we) has made.
  /// A line of such a log might be anybody's.
  virtual Result<OpenedLog> open(const std::string& path) = 0;
  /// The names in a directory, in no order.
  virtual Result<std::vector<std::string>> list(const std::string& directory) = 0;
  /// An error where the kernel has no room for another one, or none at all.
  virtual Result<std::unique_ptr<LogWatch>> make_watch() = 0;
};

/// "/var/log", "maillog". A path without a slash is of the working directory.
LogName split_log_path(const std::string& path);

/// More links than that are not followed one after the other.
inline constexpr std::size_t log_links_max = 8;
/// More names of one directory are not read.
inline constexpr std::size_t log_names_max = 65536;

/// The machine's own.
std::unique_ptr<LogFiles> make_log_files();

}  // namespace systemcheck
