#include "os/mount_prober.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <climits>
#include <csignal>
#include <utility>

#include "base/text.h"
#include "os/os_error.h"

// glibc 2.36 forgot to say that these are C functions.
extern "C" {
#include <sys/pidfd.h>
}

namespace systemcheck {
namespace {

struct Answer {
  int error_number = 0;
  struct statfs usage {};
};

/// A question is a path without its terminating zero, an answer an Answer: one packet each.
[[noreturn]] void serve(int socket, MountProber::Ask ask) {
  std::array<char, PATH_MAX> path{};
  for (;;) {
    const auto length = ::read(socket, path.data(), path.size() - 1);
    if (length <= 0) ::_exit(0);  // The daemon is gone.
    path.at(static_cast<std::size_t>(length)) = '\0';
    Answer answer{};
    if (ask(path.data(), &answer.usage) != 0) answer.error_number = errno;
    if (::write(socket, &answer, sizeof answer) != sizeof answer) ::_exit(0);
  }
}

/// Between fork(2) and here other threads may hold any lock: nothing but system calls.
[[noreturn]] void become_child(int socket, pid_t parent, MountProber::Ask ask) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(0);  // It died before the line above.
  ::prctl(PR_SET_NAME, "mount-prober");
  // Nothing of the daemon stays open in here: a child left behind would keep its ports and pipes.
  if (::dup2(socket, 0) != 0) ::_exit(1);
  if (::close_range(1, ~0U, 0) != 0) ::_exit(1);
  if (::chdir("/") != 0) ::_exit(1);
  serve(0, ask);
}

bool is_ready_within(Duration patience, int descriptor) {
  pollfd entry{.fd = descriptor, .events = POLLIN, .revents = 0};
  const auto milliseconds = std::chrono::duration_cast<std::chrono::milliseconds>(patience).count();
  // A signal only shortens the wait: the mount counts as slow, and is asked again when it answers.
  return ::poll(&entry, 1, static_cast<int>(milliseconds)) == 1;
}

FileSystemUsage usage_from(const struct statfs& raw) {
  // The unit of the block counts is f_frsize; old file systems leave it 0 and mean f_bsize.
  const auto unit = static_cast<std::uint64_t>(raw.f_frsize != 0 ? raw.f_frsize : raw.f_bsize);
  return {
      .size_bytes = raw.f_blocks * unit,
      .free_bytes = raw.f_bfree * unit,
      .available_bytes = raw.f_bavail * unit,
      .files = raw.f_files,
      .files_free = raw.f_ffree,
      .is_read_only = (static_cast<unsigned long>(raw.f_flags) & ST_RDONLY) != 0,
  };
}

}  // namespace

/// One child process and our end of the socket to it.
class MountProber::Child {
 public:
  enum class Reply { answered, silent, dead };

  static Result<std::unique_ptr<Child>> start(Ask ask) {
    std::array<int, 2> ends{};
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0) {
      return os_error("cannot make a socket pair");
    }
    Descriptor ours(ends[0]);
    const Descriptor theirs(ends[1]);
    const pid_t parent = ::getpid();
    const pid_t pid = ::fork();
    if (pid < 0) return os_error("cannot fork");
    if (pid == 0) become_child(theirs.number(), parent, ask);
    return std::make_unique<Child>(pid, std::move(ours));
  }

  Child(pid_t pid, Descriptor socket) : pid_(pid), socket_(std::move(socket)) {}

  [[nodiscard]] bool send(const std::string& path) {
    return ::send(socket_.number(), path.data(), path.size(), MSG_NOSIGNAL) == std::ssize(path);
  }

  Reply wait(Duration deadline, Answer& answer) {
    if (!is_ready_within(deadline, socket_.number())) return Reply::silent;
    const auto length = ::recv(socket_.number(), &answer, sizeof answer, 0);
    return length == sizeof answer ? Reply::answered : Reply::dead;
  }

  /// Kills it, and gives it a moment to be gone: caught in the kernel it takes as long as it takes.
  void end() {
    ::kill(pid_, SIGKILL);
    socket_.reset();
    const Descriptor death(::pidfd_open(pid_, 0));
    (void)is_ready_within(std::chrono::milliseconds{100}, death.number());
  }

  [[nodiscard]] pid_t pid() const { return pid_; }

 private:
  pid_t pid_;
  Descriptor socket_;
};

MountProber::MountProber(Duration deadline, Ask ask) : deadline_(deadline), ask_(ask) {}

MountProber::~MountProber() {
  rest();
  for (auto& [mount_point, stuck] : stuck_)
    end(std::move(stuck.child));
}

void MountProber::rest() {
  if (server_) end(std::move(server_));
}

Result<FileSystemUsage> MountProber::usage(const std::string& mount_point, Instant now) {
  reap();
  if (mount_point.empty() || mount_point.size() >= PATH_MAX) {
    return Error{Error::Kind::malformed, "no path of a mount point: " + printable(mount_point)};
  }
  if (is_still_stuck(mount_point, now)) {
    return Error{Error::Kind::timed_out, printable(mount_point) + " still does not answer"};
  }
  if (stuck_.size() + unreaped_.size() >= stuck_mounts_max) {
    return Error{Error::Kind::refused, "too many mounts do not answer, no more are asked"};
  }
  return ask_child(mount_point, now);
}

bool MountProber::is_still_stuck(const std::string& mount_point, Instant now) {
  const auto found = stuck_.find(mount_point);
  if (found == stuck_.end()) return false;
  Answer late{};
  const bool is_silent = found->second.child->wait(Duration{}, late) == Child::Reply::silent;
  if (is_silent && now - found->second.since < stuck_mount_retry) return true;
  end(std::move(found->second.child));
  stuck_.erase(found);
  return false;
}

Result<FileSystemUsage> MountProber::ask_child(const std::string& mount_point, Instant now) {
  // Twice: the child may have been killed by somebody since the last question.
  for (int attempt = 0; attempt < 2; ++attempt) {
    if (!server_) {
      auto child = Child::start(ask_);
      if (!child) return std::move(child).error();
      server_ = *std::move(child);
    }
    Answer answer{};
    const auto reply = server_->send(mount_point) ? server_->wait(deadline_, answer) : Child::Reply::dead;
    if (reply == Child::Reply::silent) {
      stuck_[mount_point] = Stuck{.child = std::move(server_), .since = now};
      return Error{Error::Kind::timed_out, printable(mount_point) + " does not answer"};
    }
    if (reply == Child::Reply::answered) {
      if (answer.error_number != 0) return os_error(printable(mount_point), answer.error_number);
      return usage_from(answer.usage);
    }
    end(std::move(server_));
  }
  return Error{Error::Kind::failed, "the process that asks mounts dies again and again"};
}

void MountProber::end(std::unique_ptr<Child> child) {
  child->end();
  unreaped_.push_back(child->pid());
  reap();
}

void MountProber::reap() {
  std::erase_if(unreaped_, [](pid_t pid) { return ::waitpid(pid, nullptr, WNOHANG) != 0; });
}

}  // namespace systemcheck
