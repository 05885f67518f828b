#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>

#include "os/host.h"

namespace systemcheck {

// Who was born since the last look, without listing /proc: that costs the kernel a microsecond for each
// process there is, and a death is to be answered within a few thousand. It gives out process numbers in
// ascending order, so the newcomers are among the few numbers given out since. Whenever that is not certain,
// all are listed.

/// What the kernel has given out at some moment.
struct NumbersGiven {
  pid_t last = 0;            ///< the newest number, of the pid namespace we live in
  std::uint64_t births = 0;  ///< of processes and threads of the whole machine since boot; read before `last`
};

/// From /proc/sys/kernel/ns_last_pid; nothing where there is none. (The one at the end of /proc/loadavg is in
/// some containers only the highest.)
std::optional<NumbersGiven> read_numbers_given(Host& host, std::uint64_t births);

struct NumberRange {
  pid_t first = 0;
  pid_t last = 0;

  [[nodiscard]] bool contains(pid_t number) const { return first <= number && number <= last; }
  bool operator==(const NumberRange&) const = default;
};

/// More births than these, and listing is cheaper.
inline constexpr pid_t newcomers_max = 256;
/// Who was just being born had his number already when the last look did not find him yet.
inline constexpr pid_t numbers_in_the_making = 64;

/// Pure. The numbers that whoever was born in between must have, and a few more; nothing where that cannot be
/// told: too many were born, the numbers have begun anew from the lowest, or births are not counted here. A
/// process that was given a number of its choice (restored from a checkpoint) is not among them.
std::optional<NumberRange> numbers_of_newcomers(const NumbersGiven& before, const NumbersGiven& now);

/// A thread has a directory in /proc too, though none that is listed.
bool is_process(Host& host, pid_t number);

}  // namespace systemcheck
