#pragma once

#include <fcntl.h>
#include <signal.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <utility>

#include "os/pidfd.h"

namespace systemcheck::test {

/// A child process of the test, ended and reaped with it. The children do nothing but wait, so that
/// they may be forked from a program with threads.
class OwnProcess {
 public:
  static OwnProcess sleeping() {
    const pid_t pid = ::fork();
    if (pid == 0) sleep_for_ever();
    return OwnProcess(pid, {});
  }
  /// One that ignores SIGTERM.
  static OwnProcess deaf() {
    std::array<int, 2> ends{};
    if (::pipe(ends.data()) != 0) return OwnProcess(-1, {});
    const pid_t pid = ::fork();
    if (pid == 0) {
      ::signal(SIGTERM, SIG_IGN);
      (void)!::write(ends[1], "", 1);
      sleep_for_ever();
    }
    char ready = 0;
    (void)!::read(ends[0], &ready, 1);
    ::close(ends[0]);
    ::close(ends[1]);
    return OwnProcess(pid, {});
  }
  /// One that holds a lock on an open file, fcntl(2): F_WRLCK or F_RDLCK.
  static OwnProcess locking(int file, short type) {
    std::array<int, 2> ends{};
    if (::pipe(ends.data()) != 0) return OwnProcess(-1, {});
    const pid_t pid = ::fork();
    if (pid == 0) {
      struct flock lock {};
      lock.l_type = type;
      lock.l_whence = SEEK_SET;
      const bool is_locked = ::fcntl(file, F_SETLK, &lock) == 0;
      if (is_locked) (void)!::write(ends[1], "", 1);
      sleep_for_ever();
    }
    char ready = 0;
    (void)!::read(ends[0], &ready, 1);
    ::close(ends[0]);
    ::close(ends[1]);
    return OwnProcess(pid, {});
  }
  /// One whose child is not ours.
  static OwnProcess with_sleeping_child() {
    std::array<int, 2> ends{};
    if (::pipe(ends.data()) != 0) return OwnProcess(-1, {});
    const pid_t pid = ::fork();
    if (pid == 0) {
      const pid_t child = ::fork();
      if (child == 0) sleep_for_ever();
      (void)!::write(ends[1], &child, sizeof child);
      sleep_for_ever();
    }
    pid_t child = -1;
    (void)!::read(ends[0], &child, sizeof child);
    ::close(ends[0]);
    ::close(ends[1]);
    return OwnProcess(pid, identity_of(child));
  }

  OwnProcess(OwnProcess&& other) noexcept
      : identity_(std::exchange(other.identity_, {})), child_(std::exchange(other.child_, {})) {}
  OwnProcess(const OwnProcess&) = delete;
  OwnProcess& operator=(const OwnProcess&) = delete;
  OwnProcess& operator=(OwnProcess&&) = delete;
  ~OwnProcess() {
    if (child_.pid > 0) {
      if (const auto pidfd = open_process(child_)) (void)signal_process(*pidfd, SIGKILL);
    }
    if (identity_.pid <= 0) return;
    kill();
    reap();
  }

  /// A zombie from then on.
  void kill() const { ::kill(identity_.pid, SIGKILL); }
  /// Waits until it has ended; its number is free then.
  void reap() { ::waitpid(std::exchange(identity_, {}).pid, nullptr, 0); }
  [[nodiscard]] ProcessIdentity identity() const { return identity_; }
  [[nodiscard]] ProcessIdentity child() const { return child_; }

 private:
  OwnProcess(pid_t pid, ProcessIdentity child) : identity_(identity_of(pid)), child_(child) {}
  [[noreturn]] static void sleep_for_ever() {
    while (true)
      ::pause();
  }
  static ProcessIdentity identity_of(pid_t pid) {
    const auto ticks = read_start_ticks(pid);
    return {.pid = pid, .start_ticks = ticks ? *ticks : 0};
  }

  ProcessIdentity identity_{};
  ProcessIdentity child_{};
};

}  // namespace systemcheck::test
