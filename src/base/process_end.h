#pragma once

#include <string>

namespace systemcheck {

/// How a process ended, wait(2).
struct ProcessEnd {
  int exit_code = 0;  ///< of one that left by itself
  int signal = 0;     ///< what ended it; 0: it left by itself
  bool has_dumped_core = false;

  bool operator==(const ProcessEnd&) const = default;
};

/// The number that wait(2) gives, and the kernel everybody else.
ProcessEnd parse_wait_status(unsigned status);

/// Whether it ended as systemd.service(5) calls clean: exit status 0, or a signal by which people and scripts
/// ask a daemon to end. It may have been asked to, and be about to be started again.
bool is_clean(const ProcessEnd& end);

/// For people: "exit status 3", "signal 11 (SIGSEGV), core dumped".
std::string describe(const ProcessEnd& end);

}  // namespace systemcheck
