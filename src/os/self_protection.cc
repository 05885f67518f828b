#include "os/self_protection.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <string>

#include "os/descriptor.h"
#include "os/os_error.h"

namespace systemcheck {
namespace {

/// All addresses of HTTP full at once, and what else there is.
constexpr rlim_t descriptors_wanted = 32'768;
constexpr const char* oom_score_file = "/proc/self/oom_score_adj";

/// capget(2) by number: libcap would be a library for one question.
bool may_lock_without_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_MEMLOCK, &limit) == 0 && limit.rlim_cur == RLIM_INFINITY) return true;
  __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> data{};
  if (::syscall(SYS_capget, &header, data.data()) != 0) return false;
  return (data.at(CAP_TO_INDEX(CAP_IPC_LOCK)).effective & CAP_TO_MASK(CAP_IPC_LOCK)) != 0;
}

int read_adjustment(int file) {
  std::array<char, 16> text{};
  int adjustment = 0;
  const auto length = ::pread(file, text.data(), text.size(), 0);
  if (length > 0) std::from_chars(text.data(), text.data() + length, adjustment);
  return adjustment;
}

}  // namespace

Status lock_own_memory() {
  if (!may_lock_without_limit()) {
    return Error{Error::Kind::denied,
                 "memory is not locked: it takes CAP_IPC_LOCK, or LimitMEMLOCK=infinity in the unit"};
  }
  if (::mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) != 0) return os_error("memory is not locked");
  return Nothing{};
}

Status spare_from_oom_killer(int adjustment) {
  const Descriptor file(::open(oom_score_file, O_RDWR | O_CLOEXEC));
  if (!file.is_open()) return os_error(oom_score_file);
  if (read_adjustment(file.number()) <= adjustment) return Nothing{};
  const auto text = std::to_string(adjustment);
  if (::pwrite(file.number(), text.data(), text.size(), 0) < 0) return os_error(oom_score_file);
  return Nothing{};
}

void allow_many_descriptors() {
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur >= descriptors_wanted) return;
  files.rlim_cur = std::min(files.rlim_max, descriptors_wanted);
  (void)::setrlimit(RLIMIT_NOFILE, &files);  // Within the hard limit nobody is refused.
}

}  // namespace systemcheck
