#pragma once

#include <sys/types.h>
#include <sys/vfs.h>

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/units.h"
#include "os/descriptor.h"
#include "os/host.h"

namespace systemcheck {

/// So many hung mounts are told from each other; more are refused unasked.
inline constexpr std::size_t stuck_mounts_max = 32;
inline constexpr Duration mount_deadline = std::chrono::seconds{1};
/// After so long a mount that never answered is asked once more: another one may be mounted there by now.
inline constexpr Duration stuck_mount_retry = std::chrono::minutes{10};

/// Asks mounts how full they are, without ever hanging with them.
///
/// statfs(2) on a mount whose server is gone sleeps in the kernel, for hours if need be, and cannot be
/// timed out; a thread that is caught in it keeps the whole process from ending. So a child process
/// asks. When it does not answer in time, it is left behind with that mount, and a new child serves the
/// others. The mount is back when the child that was left behind gets its answer after all.
class MountProber {
 public:
  /// Runs in the child, forked from a process with threads: only async-signal-safe calls.
  using Ask = int (*)(const char* path, struct statfs* answer);

  explicit MountProber(Duration deadline = mount_deadline, Ask ask = &::statfs);
  MountProber(const MountProber&) = delete;
  MountProber& operator=(const MountProber&) = delete;
  ~MountProber();

  Result<FileSystemUsage> usage(const std::string& mount_point, Instant now);
  /// Ends the child that serves; the next question starts another. It is a copy of the whole daemon: idle, it
  /// would hold a quarter of the daemon's memory once more.
  void rest();
  [[nodiscard]] std::size_t stuck() const { return stuck_.size(); }

 private:
  class Child;
  struct Stuck {
    std::unique_ptr<Child> child{};
    Instant since{};
  };

  bool is_still_stuck(const std::string& mount_point, Instant now);
  Result<FileSystemUsage> ask_child(const std::string& mount_point, Instant now);
  void end(std::unique_ptr<Child> child);
  void reap();

  Duration deadline_;
  Ask ask_;
  std::unique_ptr<Child> server_;
  std::map<std::string, Stuck> stuck_;
  std::vector<pid_t> unreaped_;  ///< killed, but still caught in the kernel when last looked at
};

}  // namespace systemcheck
