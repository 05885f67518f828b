#include "base/text.h"
#include "probe/line_dialogue.h"

namespace systemcheck {

Step judge_pop3_line(int&, std::string_view line) {
  if (line.starts_with("+OK")) return conclude(ProbeClass::ok, printable(line, 128), "QUIT\r\n");
  // RFC 3206: "[SYS/TEMP]" will pass by itself.
  if (line.starts_with("-ERR [SYS/TEMP]")) return conclude(ProbeClass::busy, "busy: " + printable(line, 128));
  return conclude(ProbeClass::bad_banner, "not +OK: " + printable(line, 128));
}

}  // namespace systemcheck
