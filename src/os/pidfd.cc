#include "os/pidfd.h"

#include <fcntl.h>
#include <poll.h>
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

std::string in_words(ProcessIdentity process) { return "process " + std::to_string(process.pid); }

Error is_gone(ProcessIdentity process) { return {Error::Kind::not_found, in_words(process) + " is gone"}; }

}  // namespace

Result<std::uint64_t> parse_start_ticks(std::string_view stat) {
  // The name may itself contain ") ": the fields start behind the last one.
  const auto end_of_name = stat.rfind(')');
  if (end_of_name == std::string_view::npos) return Error{Error::Kind::malformed, "stat: no name"};
  stat.remove_prefix(end_of_name + 1);
  for (int i = 0; i < fields_before_start; ++i)
    take_word(stat);
  const auto ticks = parse_number<std::uint64_t>(take_word(stat));
  if (!ticks) return Error{Error::Kind::malformed, "stat: no start time"};
  return *ticks;
}

Result<std::uint64_t> read_start_ticks(pid_t process) {
  const std::string path = "/proc/" + std::to_string(process) + "/stat";
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.is_open()) return os_error(path);
  std::array<char, stat_limit_bytes> buffer{};
  const auto size = ::read(file.number(), buffer.data(), buffer.size());
  if (size < 0) return os_error(path);
  return parse_start_ticks({buffer.data(), static_cast<std::size_t>(size)});
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

Status signal_process(const Descriptor& pidfd, int signal) {
  if (::pidfd_send_signal(pidfd.number(), signal, nullptr, 0) != 0)
    return os_error("cannot signal a process");
  return Nothing{};
}

}  // namespace systemcheck
