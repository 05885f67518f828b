#include "os/pidfd.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <string>

#include "base/text.h"
#include "os/os_error.h"

// glibc 2.36 forgot to say that these are C functions.
extern "C" {
#include <sys/pidfd.h>
}

namespace systemcheck {
namespace {

// A stat line has 52 numbers and a name of at most 64 bytes.
constexpr std::size_t stat_limit_bytes = 2048;
// Counted from the state, the first field behind the name, proc(5): state is 3, starttime is 22.
constexpr int fields_before_start = 19;
constexpr int fields_before_end = 49;  // exit_code is 52

/// struct pidfd_info of <linux/pidfd.h> in its first version; Debian's headers are older than it.
struct PidfdInfo {
  std::uint64_t mask = 0;  // What is asked for, and then what is told.
  std::array<std::uint32_t, 13> not_looked_at{};
  std::int32_t exit_code = 0;
};
static_assert(sizeof(PidfdInfo) == 64);
constexpr std::uint64_t pidfd_info_exit = 8;
constexpr unsigned long pidfd_get_info = _IOWR(0xFF, 11, PidfdInfo);

/// One of the numbers behind the name.
template <typename Number>
std::optional<Number> number_behind_name(std::string_view stat, int fields_before) {
  // The name may itself contain ") ": the fields start behind the last one.
  stat.remove_prefix(stat.rfind(')') + 1);
  for (int i = 0; i < fields_before; ++i)
    take_word(stat);
  return parse_number<Number>(take_word(stat));
}

/// Nullopt while it has not been reaped.
std::optional<ProcessEnd> read_end_of_reaped(const Descriptor& pidfd) {
  PidfdInfo info{.mask = pidfd_info_exit};
  if (::ioctl(pidfd.number(), pidfd_get_info, &info) != 0) return std::nullopt;
  if ((info.mask & pidfd_info_exit) == 0) return std::nullopt;
  return parse_wait_status(static_cast<unsigned>(info.exit_code));
}

Result<std::string> read_stat(pid_t process) {
  const std::string path = "/proc/" + std::to_string(process) + "/stat";
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.is_open()) return os_error(path);
  std::string text(stat_limit_bytes, '\0');
  const auto size = ::read(file.number(), text.data(), text.size());
  if (size < 0) return os_error(path);
  text.resize(static_cast<std::size_t>(size));
  return text;
}

std::optional<ProcessEnd> read_end_of_zombie(ProcessIdentity process) {
  const auto stat = read_stat(process.pid);
  if (!stat) return std::nullopt;
  const auto start_ticks = parse_start_ticks(*stat);
  if (!start_ticks || *start_ticks != process.start_ticks) return std::nullopt;
  return parse_zombies_end(*stat);
}

std::string in_words(ProcessIdentity process) { return "process " + std::to_string(process.pid); }

Error is_gone(ProcessIdentity process) { return {Error::Kind::not_found, in_words(process) + " is gone"}; }

}  // namespace

Result<std::uint64_t> parse_start_ticks(std::string_view stat) {
  if (stat.find(')') == std::string_view::npos) return Error{Error::Kind::malformed, "stat: no name"};
  const auto ticks = number_behind_name<std::uint64_t>(stat, fields_before_start);
  if (!ticks) return Error{Error::Kind::malformed, "stat: no start time"};
  return *ticks;
}

Result<std::uint64_t> read_start_ticks(pid_t process) {
  const auto stat = read_stat(process);
  if (!stat) return stat.error();
  return parse_start_ticks(*stat);
}

Result<Descriptor> open_process(ProcessIdentity process) {
  if (process.pid <= 0) return is_gone(process);
  Descriptor pidfd(::pidfd_open(process.pid, 0));
  if (!pidfd.is_open()) return os_error(in_words(process));
  // The number may have gone to somebody else before the open, but cannot any more: look now.
  const auto start_ticks = read_start_ticks(process.pid);
  if (!start_ticks) return start_ticks.error();
  if (*start_ticks != process.start_ticks || has_ended(pidfd)) return is_gone(process);
  return pidfd;
}

bool has_ended(const Descriptor& pidfd) {
  // Not the state letter: a main thread that left shows as Z while the other threads work on.
  pollfd event{.fd = pidfd.number(), .events = POLLIN, .revents = 0};
  return ::poll(&event, 1, 0) == 1;
}

std::optional<ProcessEnd> parse_zombies_end(std::string_view stat) {
  const auto end_of_name = stat.rfind(") Z ");
  if (end_of_name == std::string_view::npos || end_of_name != stat.rfind(')')) return std::nullopt;
  const auto status = number_behind_name<unsigned>(stat, fields_before_end);
  if (!status) return std::nullopt;
  return parse_wait_status(*status);
}

std::optional<ProcessEnd> read_end(const Descriptor& pidfd, ProcessIdentity process) {
  if (!has_ended(pidfd)) return std::nullopt;
  if (const auto end = read_end_of_reaped(pidfd)) return end;
  if (const auto end = read_end_of_zombie(process)) return end;
  return read_end_of_reaped(pidfd);  // It may have been reaped in between.
}

Status signal_process(const Descriptor& pidfd, int signal) {
  if (::pidfd_send_signal(pidfd.number(), signal, nullptr, 0) != 0)
    return os_error("cannot signal a process");
  return Nothing{};
}

}  // namespace systemcheck
