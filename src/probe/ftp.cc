#include "base/text.h"
#include "probe/line_dialogue.h"

namespace systemcheck {

/// RFC 959, 4.2: lines between "220-" and "220 " may look like anything.
Step judge_ftp_line(int& stage, std::string_view line) {
  enum : int { first, within };
  if (line.starts_with("220 ") || line == "220")
    return conclude(ProbeClass::ok, printable(line, 128), "QUIT\r\n");
  if (stage == within) return wait_for_more();
  if (line.starts_with("220-")) {
    stage = within;
    return wait_for_more();
  }
  // 120: ready in nnn minutes; 421 and other 4xx: too many users, not now.
  const bool is_busy = line.starts_with("120") || line.starts_with("4");
  if (is_busy) return conclude(ProbeClass::busy, "busy: " + printable(line, 128));
  return conclude(ProbeClass::bad_banner, "not 220: " + printable(line, 128));
}

}  // namespace systemcheck
