#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"
#include "base/units.h"
#include "os/descriptor.h"

// Files that other programs read while we write them. All of it may block: for a worker.

namespace systemcheck {

enum class LockKind {
  flock,  ///< flock(2): sendmail
  fcntl,  ///< fcntl(2): Postfix. Closing any descriptor of the file gives it up.
};

/// Keeps all other locks of a file away until it is destroyed.
class FileLock {
 public:
  /// Waits for readers, but not for ever: one of them could be stopped in the middle.
  static constexpr Duration patience = std::chrono::seconds{2};

  static Result<FileLock> take(int file, LockKind kind);
  FileLock(FileLock&& other) noexcept : file_(std::exchange(other.file_, -1)), kind_(other.kind_) {}
  FileLock& operator=(FileLock&&) = delete;
  ~FileLock();

 private:
  FileLock(int file, LockKind kind) : file_(file), kind_(kind) {}

  int file_ = -1;
  LockKind kind_ = LockKind::flock;
};

/// In which second it was modified, since the epoch.
std::int64_t modification_second(int file);
/// Sets the time of modification to now, but always to a later second than `before`: who looks at it by the
/// second sees each change. To be asked for before anything is written, because writing sets it to now, which
/// may be earlier.
Status advance_modification_time(int file, std::int64_t before);

/// Who may read it besides root.
Status let_group_read(int file, std::optional<gid_t> group);

/// Opens a file whose name is no symbolic link; not_found if there is none.
Result<Descriptor> open_own_file(const std::string& path);

/// Whether it still is the one of this name: who removes it, or puts another in its place, says nothing.
bool is_file_at(int file, const std::string& path);

/// All of a file anew, by another name first: a reader sees the old one or the new one as a whole, also after
/// a crash.
Status replace_file(const std::string& path, std::string_view content, std::optional<gid_t> group);

/// Gives the file another name, and makes that last.
Status rename_file(const std::string& from, const std::string& to);

/// A name beside `path` that is nobody else's.
std::string name_beside(const std::string& path);
/// Removes what runs that were killed have left under such names, and what Berkeley DB has ("__db." before
/// them).
void remove_leftovers_beside(const std::string& path);

}  // namespace systemcheck
