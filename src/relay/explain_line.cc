#include <string>

#include "base/text.h"
#include "relay/login_reader.h"

namespace systemcheck {
namespace {

std::string_view layout_words(LineLayout layout) {
  switch (layout) {
    case LineLayout::plain:
      return "is neither \"Nov 22 16:29:38 host tag[pid]: message\" nor the same with an ISO-8601 time nor "
             "RFC 5424";
    case LineLayout::annotated:
      return "is not \"time host uid=… pid=… exe=… tag: message\", as contrib/rsyslog/ makes them";
    case LineLayout::dovecot:
      return "does not begin with a time as Dovecot writes it to a log of its own";
  }
  return {};
}

std::string field(std::string_view name, std::string_view value) {
  return std::string(name) + ": " + (value.empty() ? "-" : printable(value)) + "\n";
}

std::string fields_of(const LogLine& line) {
  auto text = field("time", line.time) + field("tag", line.tag) + field("pid", line.pid);
  text += "written by: " +
          (line.writer ? "uid " + std::to_string(*line.writer) : std::string("nobody knows whom"));
  if (!line.executable.empty()) text += ", " + printable(line.executable);
  return text + "\n" + field("message", line.message);
}

std::string verdict_words(const LineReading& reading, const LoginFit& fit) {
  switch (reading.verdict) {
    case LineVerdict::nothing:
    case LineVerdict::unreadable:
      return "nothing";
    case LineVerdict::opened:
      return "a session begins; whoever logs in in it does so from " + printable(fit.address);
    case LineVerdict::closed:
      return "a session ends without a login";
    case LineVerdict::login:
      return "a login from " + reading.login->address.text();
    case LineVerdict::login_without_address:
      return fit.is_second_line
                 ? "a login without an address: an earlier line of the same process has it"
                 : "a login without an address: the server does not log it, so it has to be added by "
                   "hand (systemcheckctl relay add)";
    case LineVerdict::untrusted:
      return "nothing: it would be a login, but it is not known that a mail server wrote it";
    case LineVerdict::bad_address:
      return "nothing: " + printable(fit.address) + " is not an address";
    case LineVerdict::bad_user:
      return "nothing: the user is longer than 255 bytes or has control characters in it";
    case LineVerdict::bad_time:
      return "nothing: its time cannot be read";
    case LineVerdict::from_the_future:
      return "nothing: its time is more than a minute ahead";
  }
  return {};
}

}  // namespace

std::string LoginReader::explain(std::string_view text, WallTime now) const {
  const auto line = parse_log_line(text, rules_.layout);
  if (!line) return "the line " + std::string(layout_words(rules_.layout)) + "\n";
  auto told = fields_of(*line) + patterns_.explain(line->tag, line->message);
  const auto fit = patterns_.fit(line->tag, line->message);
  if (!fit) return told + "verdict: nothing\n";
  LoginReader apart(patterns_, rules_, offset_at_);
  const auto reading = apart.judge_fit(*line, *fit, now);
  if (fit->kind == LoginFit::Kind::login) told += field("address", fit->address) + field("user", fit->user);
  return told + "verdict: " + verdict_words(reading, *fit) + "\n";
}

}  // namespace systemcheck
