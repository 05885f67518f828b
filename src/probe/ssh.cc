#include "base/text.h"
#include "probe/line_dialogue.h"

namespace systemcheck {

/// Other lines may come before the one that identifies the server.
Step judge_ssh_line(int&, std::string_view line) {
  const bool is_right = line.starts_with("SSH-2.0-") || line.starts_with("SSH-1.99-");
  if (is_right) return conclude(ProbeClass::ok, printable(line, 128));
  if (line.starts_with("SSH-")) return conclude(ProbeClass::bad_banner, "not SSH 2: " + printable(line, 128));
  // What OpenSSH says when it drops connections that have not logged in, sshd_config(5) MaxStartups.
  if (line == "Exceeded MaxStartups") return conclude(ProbeClass::busy, "busy: " + printable(line, 128));
  return wait_for_more();
}

}  // namespace systemcheck
