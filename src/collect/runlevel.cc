#include "collect/runlevel.h"

#include <utmp.h>

#include <cstring>
#include <optional>
#include <string_view>

namespace systemcheck {
namespace {

/// One for each session and terminal; that of the runlevel is among the first.
constexpr std::size_t records_max = 1024;
/// ut_pid holds the runlevel, and the one before that times this.
constexpr pid_t levels = 256;

Error malformed(const char* what) { return {Error::Kind::malformed, std::string(utmp_path) + ": " + what}; }

bool is_runlevel(pid_t level) { return (level >= '0' && level <= '9') || level == 'S'; }

}  // namespace

Result<char> read_runlevel(Host& host) {
  const auto text = host.read_file(utmp_path, records_max * sizeof(utmp));
  if (!text) return text.error();
  if (text->size() % sizeof(utmp) != 0) return malformed("its last record is cut");
  std::optional<pid_t> level;
  for (std::size_t at = 0; at < text->size(); at += sizeof(utmp)) {
    utmp record{};
    std::memcpy(&record, text->data() + at, sizeof record);
    if (record.ut_type < EMPTY || record.ut_type > ACCOUNTING) return malformed("there is no such record");
    if (record.ut_type == RUN_LVL) level = record.ut_pid % levels;
  }
  if (!level) return Error{Error::Kind::not_found, std::string(utmp_path) + ": no runlevel"};
  if (!is_runlevel(*level)) return malformed("there is no such runlevel");
  return static_cast<char>(*level);
}

}  // namespace systemcheck
