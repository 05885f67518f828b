#include "base/text.h"
#include "probe/line_dialogue.h"

namespace systemcheck {

Step judge_imap_line(int&, std::string_view line) {
  const bool is_greeting = line.starts_with("* OK") || line.starts_with("* PREAUTH");
  if (is_greeting) return conclude(ProbeClass::ok, printable(line, 128), "a LOGOUT\r\n");
  // RFC 9051, 7.1.5: a greeting of BYE says that it does not take connections now.
  if (line.starts_with("* BYE")) return conclude(ProbeClass::busy, "busy: " + printable(line, 128));
  return conclude(ProbeClass::bad_banner, "not * OK: " + printable(line, 128));
}

}  // namespace systemcheck
