#include "base/text.h"
#include "probe/line_dialogue.h"

namespace systemcheck {
namespace {

enum Stage : int { greeting, greeted };

/// "250-SIZE" is not the last line of its reply, "250 HELP" and "250" are.
bool is_last(std::string_view line) { return line.size() == 3 || (line.size() > 3 && line[3] == ' '); }

}  // namespace

Step judge_smtp_line(int& stage, std::string_view line) {
  const bool is_continued = line.size() > 3 && line[3] == '-';
  if (!is_last(line) && !is_continued)
    return conclude(ProbeClass::bad_banner, "not SMTP: " + printable(line, 64));
  // sendmail says 421 above RefuseLA and MaxDaemonChildren; any 4xx is "not now".
  if (line.front() == '4') return conclude(ProbeClass::busy, "busy: " + printable(line, 128), "QUIT\r\n");
  const std::string_view right = stage == greeting ? "220" : "250";
  if (!line.starts_with(right)) {
    return conclude(ProbeClass::bad_banner, "not " + std::string(right) + ": " + printable(line, 128),
                    "QUIT\r\n");
  }
  if (is_continued) return wait_for_more();
  if (stage == greeted) return conclude(ProbeClass::ok, printable(line, 128), "QUIT\r\n");
  stage = greeted;
  return say("EHLO localhost\r\n");
}

}  // namespace systemcheck
