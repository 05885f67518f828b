#pragma once

#include <sys/types.h>

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "os/actuator.h"
#include "os/descriptor.h"
#include "os/event_loop.h"
#include "os/output_tail.h"

namespace systemcheck {

/// One command to run.
struct Command {
  Argv argv{};  ///< argv[0] is an absolute path
  Duration deadline{};
  Duration kill_after = std::chrono::seconds{5};  ///< between SIGTERM and SIGKILL
  /// Waits for admit() before it becomes the command: time to move it into another control group.
  bool waits_for_admission = false;
  /// Sees the files as the first process of the machine does, whatever our own unit hides from us. For where
  /// that is systemd, which would start it like that.
  bool sees_first_mounts = false;
};

struct CommandEnd {
  enum class Kind { exited, could_not_start, ended_by_us };
  Kind kind = Kind::exited;
  int exit_code = 0;      ///< minus the signal number if one ended it
  std::string output{};   ///< its end, raw
  std::string problem{};  ///< why it could not start
};

/// A command while it runs. It inherits nothing from us: no descriptors, signals, environment, limits or
/// priorities; its output goes into one pipe, its process group is its own.
///
/// Its end is when its first process exits. What it leaves behind is what a start command is for, and is
/// left alone, unless the time is up: then its process group gets SIGTERM, and SIGKILL later. A daemon
/// that it has started is in a session of its own by then.
///
/// Destroying it while it runs kills the group. Main thread.
class Child {
 public:
  using OnEnd = std::function<void(const CommandEnd&)>;

  /// An error of kind refused if the program is not one that only root can change; on_end is called later,
  /// and only if there is no error here.
  static Result<std::unique_ptr<Child>> start(EventLoop& loop, const Command& command, OnEnd on_end);
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child();

  void admit();
  /// As if the time was up. on_end follows.
  void end();
  [[nodiscard]] pid_t pid() const { return pid_; }
  /// For who wants to keep reading what a daemon writes there, after the end.
  std::unique_ptr<OutputTail> take_output() { return std::move(output_); }

 private:
  Child(EventLoop& loop, const Command& command, OnEnd on_end);
  Status watch(Descriptor output);
  void signal_group(int signal) const;
  void kill_group();
  void note_exit();
  void look_for_others();
  void look_again_later();
  void finish();
  [[nodiscard]] CommandEnd take_end();

  EventLoop& loop_;
  const std::string program_;
  const Duration kill_after_;
  OnEnd on_end_;
  pid_t pid_ = -1;
  bool is_ending_ = false;
  bool is_killed_ = false;
  bool has_exited_ = false;
  bool is_reaped_ = false;
  Descriptor problem_{};  ///< says why exec failed
  Descriptor gate_{};     ///< one byte lets it go on
  Descriptor pidfd_{};
  std::unique_ptr<OutputTail> output_{};
  Watch exited_{};
  Watch timer_{};
  Duration look_delay_ = std::chrono::milliseconds{5};
  Watch look_{};
  Watch next_look_{};
};

}  // namespace systemcheck
