#include "probe/dialogue.h"

#include "config/probes.h"

namespace systemcheck {
namespace {

HttpQuestion http_question(const Probe& probe) {
  const auto url = parse_http_url(probe.target);
  HttpQuestion question{.status = probe.status, .contains = probe.contains};
  if (!url) return question;
  question.host = probe.host.empty() ? url->address : probe.host;
  question.path = url->path;
  return question;
}

}  // namespace

Dialogue::State Dialogue::state_for(const Probe& probe, std::uint16_t id) {
  switch (probe.kind) {
    case ProbeKind::http:
      return HttpGet(http_question(probe));
    case ProbeKind::dns:
      return DnsQuery(probe.query, probe.transport, id);
    case ProbeKind::smtp:
      return LineDialogue(judge_smtp_line);
    case ProbeKind::pop3:
      return LineDialogue(judge_pop3_line);
    case ProbeKind::imap:
      return LineDialogue(judge_imap_line);
    case ProbeKind::ftp:
      return LineDialogue(judge_ftp_line);
    case ProbeKind::ssh:
      return LineDialogue(judge_ssh_line);
    case ProbeKind::tcp:
    case ProbeKind::unix_socket:
    case ProbeKind::command:
    case ProbeKind::file:
      break;
  }
  return Exchange(probe.send, probe.expect);
}

Dialogue::Dialogue(const Probe& probe, std::uint16_t id) : state_(state_for(probe, id)) {}

}  // namespace systemcheck
