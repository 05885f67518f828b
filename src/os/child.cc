#include "os/child.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <optional>
#include <utility>
#include <vector>

#include "base/text.h"
#include "os/clean_exec.h"
#include "os/os_error.h"
#include "os/process_group.h"
#include "os/trusted_path.h"

// glibc 2.36 forgot to say that these are C functions.
extern "C" {
#include <sys/pidfd.h>
}

namespace systemcheck {
namespace {

/// A process that survives SIGKILL for so long hangs in the kernel. We do not wait for it.
constexpr Duration unkillable_after = std::chrono::seconds{2};
constexpr int destruction_wait_ms = 1000;
/// Descriptors that a child moves to 0 to 4 lie above those.
constexpr int safe_number = 16;

struct Pipe {
  Descriptor reader{};
  Descriptor writer{};
};

Result<Pipe> make_pipe() {
  std::array<int, 2> ends{-1, -1};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return os_error("pipe", errno);
  return Pipe{.reader = Descriptor(ends[0]), .writer = Descriptor(ends[1])};
}

Status lift(Descriptor& descriptor) {
  if (!descriptor.is_open()) return Nothing{};
  Descriptor lifted(::fcntl(descriptor.number(), F_DUPFD_CLOEXEC, safe_number));
  if (!lifted.is_open()) return os_error("descriptor", errno);
  descriptor = std::move(lifted);
  return Nothing{};
}

Status stop_blocking(const Descriptor& descriptor) {
  if (::fcntl(descriptor.number(), F_SETFL, O_NONBLOCK) != 0) return os_error("pipe", errno);
  return Nothing{};
}

/// Between us and a child.
struct Connection {
  Descriptor null_device{};
  Pipe output{};
  Pipe problem{};
  Pipe gate{};
  Descriptor mounts{};
};

Status open_pipes(Connection& connection, bool with_gate) {
  for (Pipe* pipe : {&connection.output, &connection.problem, &connection.gate}) {
    if (pipe == &connection.gate && !with_gate) continue;
    auto made = make_pipe();
    if (!made) return made.error();
    *pipe = *std::move(made);
  }
  return Nothing{};
}

Result<Connection> make_connection(bool with_gate) {
  Connection connection{};
  connection.null_device = Descriptor(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  if (!connection.null_device.is_open()) return os_error("/dev/null", errno);
  if (auto opened = open_pipes(connection, with_gate); !opened) return opened.error();
  for (Descriptor* theirs : {&connection.null_device, &connection.output.writer, &connection.problem.writer,
                             &connection.gate.reader}) {
    if (auto lifted = lift(*theirs); !lifted) return lifted.error();
  }
  for (const Descriptor* ours : {&connection.output.reader, &connection.problem.reader}) {
    if (auto changed = stop_blocking(*ours); !changed) return changed.error();
  }
  return connection;
}

/// Nothing where it is our own: the usual case.
Descriptor open_first_mounts() {
  struct stat first {};
  struct stat own {};
  Descriptor mounts(::open("/proc/1/ns/mnt", O_RDONLY | O_CLOEXEC));
  if (!mounts.is_open() || ::fstat(mounts.number(), &first) != 0) return {};
  if (::stat("/proc/self/ns/mnt", &own) != 0 || own.st_ino == first.st_ino) return {};
  return mounts;
}

std::vector<char*> pointers_to(Argv& argv) {
  std::vector<char*> pointers;
  for (auto& word : argv)
    pointers.push_back(word.data());
  pointers.push_back(nullptr);
  return pointers;
}

Result<pid_t> fork_command(const Argv& argv, const Connection& connection) {
  Argv words = argv;
  const auto pointers = pointers_to(words);
  const CleanExec exec{.program = pointers.front(),
                       .argv = pointers.data(),
                       .environment = clean_environment(),
                       .null_device = connection.null_device.number(),
                       .output = connection.output.writer.number(),
                       .problem = connection.problem.writer.number(),
                       .gate = connection.gate.reader.number(),
                       .mounts = connection.mounts.number(),
                       .limits = read_clean_limits()};
  // Had we inherited an ignored SIGCHLD, the kernel would reap our children before we see how they ended.
  ::signal(SIGCHLD, SIG_DFL);
  // A signal that comes before the child has reset its dispositions must not run our handlers there.
  sigset_t all{};
  sigset_t before{};
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  const pid_t pid = ::fork();
  if (pid == 0) become_command(exec);
  const int error_number = errno;
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (pid < 0) return os_error("fork", error_number);
  return pid;
}

Status check_command(const Argv& argv) {
  if (argv.empty() || !argv.front().starts_with('/')) {
    return Error{Error::Kind::refused, "a command needs an absolute path"};
  }
  if (::geteuid() != 0) return Nothing{};
  if (const auto trusted = read_trusted_path(argv.front()); !trusted) return trusted.error();
  return Nothing{};
}

std::optional<int> take_problem(const Descriptor& problem) {
  int error_number = 0;
  if (::read(problem.number(), &error_number, sizeof error_number) != sizeof error_number)
    return std::nullopt;
  return error_number;
}

/// Nothing while it runs.
std::optional<int> reap(pid_t pid) {
  siginfo_t info{};
  if (::waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOHANG) != 0 || info.si_pid != pid) {
    return std::nullopt;
  }
  return info.si_code == CLD_EXITED ? info.si_status : -info.si_status;
}

std::string describe_problem(const std::string& program, int error_number) {
  auto text = os_error(printable(program), error_number).message;
  // The kernel says so too when the interpreter in the first line of a script is missing.
  if (error_number == ENOENT) text += " (the program, or the interpreter that it names)";
  return text;
}

}  // namespace

Result<std::unique_ptr<Child>> Child::start(EventLoop& loop, const Command& command, OnEnd on_end) {
  if (const auto checked = check_command(command.argv); !checked) return checked.error();
  auto connection = make_connection(command.waits_for_admission);
  if (!connection) return connection.error();
  if (command.sees_first_mounts) connection->mounts = open_first_mounts();
  const auto pid = fork_command(command.argv, *connection);
  if (!pid) return pid.error();
  std::unique_ptr<Child> child(new Child(loop, command, std::move(on_end)));
  child->pid_ = *pid;  // From here on the destructor ends it.
  child->problem_ = std::move(connection->problem.reader);
  child->gate_ = std::move(connection->gate.writer);
  child->timer_ = loop.at(loop.now() + command.deadline, [raw = child.get()] { raw->end(); });
  if (const auto watched = child->watch(std::move(connection->output.reader)); !watched)
    return watched.error();
  return child;
}

Child::Child(EventLoop& loop, const Command& command, OnEnd on_end)
    : loop_(loop),
      program_(command.argv.front()),
      kill_after_(command.kill_after),
      on_end_(std::move(on_end)) {}

Child::~Child() {
  if (pid_ < 0 || is_reaped_) return;
  signal_group(SIGKILL);
  // SIGKILL works at once, but for a process that hangs in the kernel: that one becomes a zombie of ours
  // in the end. We have waited for it already if it was not killed here.
  pollfd exit{.fd = pidfd_.number(), .events = POLLIN, .revents = 0};
  if (!is_killed_) ::poll(&exit, 1, destruction_wait_ms);
  (void)reap(pid_);
}

Status Child::watch(Descriptor output) {
  auto tail = OutputTail::follow(loop_, std::move(output));
  if (!tail) return tail.error();
  output_ = *std::move(tail);
  pidfd_ = Descriptor(::pidfd_open(pid_, 0));  // Ours, and not reaped: it cannot be another's number.
  if (!pidfd_.is_open()) return os_error("pidfd", errno);
  auto exited = loop_.when_ready(pidfd_.number(), Ready::readable, Priority::urgent, [this] { note_exit(); });
  if (!exited) return exited.error();
  exited_ = *std::move(exited);
  return Nothing{};
}

void Child::admit() {
  if (!gate_.is_open()) return;
  (void)!::write(gate_.number(), "", 1);  // Fails when it is dead: its end is under way.
  gate_.reset();
}

void Child::end() {
  if (std::exchange(is_ending_, true)) return;
  signal_group(SIGTERM);
  timer_ = loop_.at(loop_.now() + kill_after_, [this] { kill_group(); });
}

void Child::kill_group() {
  is_killed_ = true;
  signal_group(SIGKILL);
  if (has_exited_) return finish();
  timer_ = loop_.at(loop_.now() + unkillable_after, [this] { finish(); });
}

/// The number is that of our group as long as we have not reaped its leader.
void Child::signal_group(int signal) const {
  if (::kill(-pid_, signal) != 0) ::kill(pid_, signal);  // It has not yet made its group.
}

void Child::note_exit() {
  has_exited_ = true;
  exited_.cancel();
  if (is_ending_ && !is_killed_) return look_for_others();
  finish();
}

/// The others of its group have their time before SIGKILL too. As long as we do not reap its leader the
/// group keeps its number, but for the same reason the kernel does not tell when the last has gone.
void Child::look_for_others() {
  auto look = loop_.aside([this, group = pid_]() -> Callback {
    const bool is_alone = !read_has_living_members(group);
    return [this, is_alone] { is_alone ? finish() : look_again_later(); };
  });
  if (look) look_ = *std::move(look);  // Else SIGKILL comes in its time.
}

void Child::look_again_later() {
  look_delay_ *= 2;
  next_look_ = loop_.at(loop_.now() + look_delay_, [this] { look_for_others(); });
}

void Child::finish() {
  timer_.cancel();
  exited_.cancel();
  look_.cancel();
  next_look_.cancel();
  const auto end = take_end();
  const auto on_end = std::move(on_end_);
  on_end(end);  // May destroy us.
}

CommandEnd Child::take_end() {
  output_->catch_up();
  CommandEnd end{.kind = is_ending_ ? CommandEnd::Kind::ended_by_us : CommandEnd::Kind::exited,
                 .exit_code = 0,
                 .output = output_->text(),
                 .problem = {}};
  const auto exit_code = reap(pid_);
  is_reaped_ = exit_code.has_value();
  end.exit_code = exit_code.value_or(-SIGKILL);
  if (const auto problem = take_problem(problem_)) {
    end.kind = CommandEnd::Kind::could_not_start;
    end.problem = describe_problem(program_, *problem);
  }
  return end;
}

}  // namespace systemcheck
