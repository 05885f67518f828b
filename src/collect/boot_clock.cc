#include "collect/boot_clock.h"

#include "base/text.h"
#include "collect/key_values.h"

namespace systemcheck {

Result<BootClock> read_boot_clock(Host& host) {
  const auto uptime = host.read_file("/proc/uptime", pseudo_file_limit_bytes);
  if (!uptime) return uptime.error();
  std::string_view words = *uptime;
  const auto seconds = parse_number<double>(take_word(words));
  if (!seconds) return Error{Error::Kind::malformed, "/proc/uptime: no number"};
  const auto stat = host.read_file("/proc/stat", pseudo_file_limit_bytes);
  if (!stat) return stat.error();
  const auto boot_time = number_behind("btime", *stat);
  if (!boot_time) return Error{Error::Kind::malformed, "/proc/stat: no btime line"};
  return BootClock{.uptime_seconds = *seconds,
                   .boot_time_seconds = *boot_time,
                   .births = number_behind("processes", *stat).value_or(0)};
}

}  // namespace systemcheck
