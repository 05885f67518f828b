#pragma once

#include <utmp.h>

#include <cstring>
#include <string>

namespace systemcheck::test {

/// As login(1) and init(8) write it, utmp(5).
inline std::string utmp_record(short type, pid_t pid) {
  utmp record{};
  record.ut_type = type;
  record.ut_pid = pid;
  std::string text(sizeof record, '\0');
  std::memcpy(text.data(), &record, sizeof record);
  return text;
}

/// init has begun this runlevel, after that one.
inline std::string runlevel_record(char level, char before = 'N') {
  return utmp_record(RUN_LVL, level + 256 * before);
}

}  // namespace systemcheck::test
