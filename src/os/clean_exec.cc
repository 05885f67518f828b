#include "os/clean_exec.h"

#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstring>

// Everything here up to execve() is async-signal-safe. What cannot be reset is left as it is and not
// complained about: a start command that runs with a strange nice value is better than none.

namespace systemcheck {
namespace {

constexpr int problem_number = 3;
constexpr int gate_number = 4;
constexpr int exit_cannot_execute = 127;

[[noreturn]] void give_up(int error_number) {
  (void)!::write(problem_number, &error_number, sizeof error_number);
  ::_exit(exit_cannot_execute);
}

void reset_signals() {
  struct sigaction plain {};
  plain.sa_handler = SIG_DFL;
  for (int number = 1; number < NSIG; ++number)
    ::sigaction(number, &plain, nullptr);  // KILL, STOP: EINVAL
  sigset_t none{};
  sigemptyset(&none);
  ::pthread_sigmask(SIG_SETMASK, &none, nullptr);
}

void close_from(unsigned first) {
  if (::syscall(SYS_close_range, first, ~0U, 0) == 0) return;
  rlimit files{};  // Before Linux 5.9.
  ::getrlimit(RLIMIT_NOFILE, &files);
  const auto end = std::min<rlim_t>(files.rlim_cur, rlim_t{1} << 20);
  for (rlim_t number = first; number < end; ++number)
    ::close(static_cast<int>(number));
}

void arrange_descriptors(const CleanExec& exec) {
  ::dup2(exec.null_device, STDIN_FILENO);
  ::dup2(exec.output, STDOUT_FILENO);
  ::dup2(exec.output, STDERR_FILENO);
  ::dup3(exec.problem, problem_number, O_CLOEXEC);
  if (exec.gate >= 0) ::dup3(exec.gate, gate_number, O_CLOEXEC);
  close_from(exec.gate >= 0 ? gate_number + 1 : problem_number + 1);
}

void reset_limits(const std::array<rlimit, RLIM_NLIMITS>& limits) {
  for (std::size_t i = 0; i < limits.size(); ++i) {
    ::setrlimit(static_cast<__rlimit_resource_t>(i), &limits[i]);
  }
}

void reset_priorities() {
  ::setpriority(PRIO_PROCESS, 0, 0);
  const sched_param normal{};
  ::sched_setscheduler(0, SCHED_OTHER, &normal);
  constexpr int of_process = 1;  // IOPRIO_WHO_PROCESS, ioprio_set(2); glibc has no wrapper.
  ::syscall(SYS_ioprio_set, of_process, 0, 0);
}

/// All processors that our cpuset allows: those that the kernel does not have it ignores.
void reset_affinity() {
  cpu_set_t all;
  std::memset(&all, 0xFF, sizeof all);  // CPU_ZERO() has no opposite.
  ::sched_setaffinity(0, sizeof all, &all);
}

/// Where the daemon was given fences of its own (PrivateTmp=, ProtectSystem=) a service would share them, and
/// keep them for as long as it runs.
void leave_our_mounts(int mounts) {
  if (mounts >= 0) ::setns(mounts, CLONE_NEWNS);
}

void reset_oom_score() {
  // systemcheck itself may be protected from the OOM killer; what it starts must not be.
  const int file = ::open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
  if (file < 0) return;
  (void)!::write(file, "0", 1);  // EACCES without CAP_SYS_RESOURCE: stays as it is.
  ::close(file);
}

/// The parent went away: nothing is run behind its back.
void wait_for_admission() {
  char byte = 0;
  ssize_t size = 0;
  do {
    size = ::read(gate_number, &byte, 1);
  } while (size < 0 && errno == EINTR);
  if (size != 1) ::_exit(exit_cannot_execute);
}

}  // namespace

void become_command(const CleanExec& exec) {
  ::setsid();
  leave_our_mounts(exec.mounts);
  arrange_descriptors(exec);
  reset_signals();
  if (::chdir("/") != 0) give_up(errno);
  ::umask(S_IWGRP | S_IWOTH);
  reset_oom_score();
  reset_priorities();
  reset_affinity();
  reset_limits(exec.limits);
  if (exec.gate >= 0) wait_for_admission();
  ::execve(exec.program, exec.argv, exec.environment);
  give_up(errno);
}

char* const* clean_environment() {
  static char path[] = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
  static char language[] = "LANG=C.UTF-8";
  static char* environment[] = {path, language, nullptr};
  return environment;
}

std::array<rlimit, RLIM_NLIMITS> read_clean_limits() {
  std::array<rlimit, RLIM_NLIMITS> limits{};
  for (std::size_t i = 0; i < limits.size(); ++i) {
    ::getrlimit(static_cast<__rlimit_resource_t>(i), &limits[i]);
    limits[i].rlim_cur = limits[i].rlim_max;
  }
  const auto set = [&limits](std::size_t which, rlim_t soft, rlim_t hard) {
    auto& limit = limits[which];
    limit.rlim_max = std::min(hard, limit.rlim_max);  // RLIM_INFINITY is the largest number.
    limit.rlim_cur = std::min(soft, limit.rlim_max);
  };
  constexpr rlim_t mib = rlim_t{1} << 20;
  set(RLIMIT_NOFILE, 1024, rlim_t{512} << 10);  // DefaultLimitNOFILE=, systemd-system.conf(5)
  set(RLIMIT_MEMLOCK, 8 * mib, 8 * mib);        // DefaultLimitMEMLOCK=
  set(RLIMIT_CORE, 0, RLIM_INFINITY);
  set(RLIMIT_STACK, 8 * mib, RLIM_INFINITY);
  return limits;
}

}  // namespace systemcheck
