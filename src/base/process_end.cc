#include "base/process_end.h"

#include <algorithm>
#include <array>
#include <csignal>
#include <cstring>

namespace systemcheck {
namespace {

constexpr std::array clean_signals{SIGHUP, SIGINT, SIGTERM, SIGPIPE};

std::string describe_signal(int number) {
  const char* const name = ::sigabbrev_np(number);  // Null for real-time signals.
  auto text = "signal " + std::to_string(number);
  return name == nullptr ? text : text + " (SIG" + name + ")";
}

}  // namespace

ProcessEnd parse_wait_status(unsigned status) {
  // As <bits/waitstatus.h> has it: the signal, whether a core was dumped, the exit status.
  const auto signal = static_cast<int>(status & 0x7fU);
  if (signal != 0) return {.exit_code = 0, .signal = signal, .has_dumped_core = (status & 0x80U) != 0};
  return {.exit_code = static_cast<int>((status >> 8U) & 0xffU)};
}

bool is_clean(const ProcessEnd& end) {
  if (end.signal == 0) return end.exit_code == 0;
  return std::ranges::find(clean_signals, end.signal) != clean_signals.end();
}

std::string describe(const ProcessEnd& end) {
  if (end.signal == 0) return "exit status " + std::to_string(end.exit_code);
  return describe_signal(end.signal) + (end.has_dumped_core ? ", core dumped" : "");
}

}  // namespace systemcheck
