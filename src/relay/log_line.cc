#include "relay/log_line.h"

#include <algorithm>

#include "base/text.h"
#include "relay/find_byte.h"

namespace systemcheck {
namespace {

constexpr std::size_t stamp_bytes = 15;         // "Nov 22 16:29:38"
constexpr std::size_t dovecot_date_bytes = 19;  // "2026-11-22 16:29:38"

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Everything up to the next blank, which is taken as well. Empty where there is none.
std::string_view take_field(std::string_view& rest) {
  const auto blank = find_byte<' '>(rest);
  if (blank == rest.size()) return {};
  const auto field = rest.substr(0, blank);
  rest.remove_prefix(blank + 1);
  return field;
}

bool has_stamp(std::string_view line) {
  return line.size() > stamp_bytes && line[3] == ' ' && line[6] == ' ' && line[9] == ':' && line[12] == ':' &&
         line[stamp_bytes] == ' ' && is_digit(line[14]);
}

bool has_iso_time(std::string_view line) {
  return line.size() > dovecot_date_bytes && line[4] == '-' && line[7] == '-' && line[10] == 'T' &&
         line[13] == ':' && is_digit(line[0]);
}

/// "tag: message", "tag[pid]: message", "tag message". A tag has no blank, colon or bracket in it.
bool parse_tag(std::string_view rest, LogLine& line) {
  const auto end = find_byte<' ', ':', '['>(rest);
  if (end == 0 || end == rest.size()) return false;
  line.tag = rest.substr(0, end);
  rest.remove_prefix(end);
  if (rest.front() == '[') {
    const auto close = find_byte<' ', ']'>(rest);
    if (close == rest.size() || rest[close] != ']') return false;
    line.pid = rest.substr(1, close - 1);
    rest.remove_prefix(close + 1);
  }
  if (rest.starts_with(':')) rest.remove_prefix(1);
  if (rest.starts_with(' ')) rest.remove_prefix(1);
  line.message = rest;
  return true;
}

/// "pop3-login:": where a syslogd writes the name of the machine, Dovecot's own log has its service. No
/// machine is called like that.
bool is_dovecot_service(std::string_view field) {
  if (!field.ends_with("-login:")) return false;
  return std::ranges::all_of(field.substr(0, field.size() - 1),
                             [](char c) { return (c >= 'a' && c <= 'z') || is_digit(c) || c == '-'; });
}

bool fill_dovecot(std::string_view message, LogLine& line) {
  line.tag = "dovecot";
  line.message = message;
  return true;
}

bool parse_behind_time(std::string_view rest, LogLine& line) {
  const auto whole = rest;
  const auto host = take_field(rest);
  if (host.empty()) return false;
  if (host.back() == ':' && is_dovecot_service(host)) return fill_dovecot(whole, line);
  return parse_tag(rest, line);
}

/// Behind the last element of `[id name="value"]…`, RFC 5424 6.3: \" \\ and \] do not end anything.
std::optional<std::string_view> skip_structured_data(std::string_view rest) {
  if (rest.starts_with('-')) return rest.substr(1);
  if (!rest.starts_with('[')) return std::nullopt;
  bool is_quoted = false;
  for (std::size_t i = 0; i < rest.size(); ++i) {
    const char c = rest[i];
    if (is_quoted && c == '\\') {
      ++i;
    } else if (c == '"') {
      is_quoted = !is_quoted;
    } else if (!is_quoted && c == ']' && (i + 1 == rest.size() || rest[i + 1] != '[')) {
      return rest.substr(i + 1);
    }
  }
  return std::nullopt;
}

/// "<22>1 time host app procid msgid structured-data message". rsyslog leaves the blank in that stands behind
/// the colon in the older format, so there are two.
bool parse_rfc5424(std::string_view rest, LogLine& line) {
  constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
  const auto head = take_field(rest);
  if (!head.ends_with(">1") || head.size() < 4 || head.size() > 6) return false;
  if (!std::all_of(head.begin() + 1, head.end() - 2, is_digit)) return false;
  line.time = take_field(rest);
  const auto host = take_field(rest);
  line.tag = take_field(rest);
  line.pid = take_field(rest);
  const auto message_id = take_field(rest);
  if (line.time.empty() || host.empty() || line.tag.empty() || line.pid.empty() || message_id.empty())
    return false;
  if (line.pid == "-") line.pid = {};
  auto message = skip_structured_data(rest);
  if (!message) return false;
  for (int blanks = 0; blanks < 2 && message->starts_with(' '); ++blanks)
    message->remove_prefix(1);
  if (message->starts_with(byte_order_mark)) message->remove_prefix(byte_order_mark.size());
  line.message = *message;
  return true;
}

bool parse_plain(std::string_view text, LogLine& line) {
  if (has_stamp(text)) {
    line.time = text.substr(0, stamp_bytes);
    return parse_behind_time(text.substr(stamp_bytes + 1), line);
  }
  if (has_iso_time(text)) {
    line.time = take_field(text);
    return parse_behind_time(text, line);
  }
  return text.starts_with('<') && parse_rfc5424(text, line);
}

/// What stands behind `name` in the next field.
std::optional<std::string_view> take_named(std::string_view& rest, std::string_view name) {
  if (!rest.starts_with(name)) return std::nullopt;
  rest.remove_prefix(name.size());
  const auto blank = find_byte<' '>(rest);
  if (blank == rest.size()) return std::nullopt;
  const auto value = rest.substr(0, blank);
  rest.remove_prefix(blank + 1);
  return value;
}

/// "time host uid=0 pid=21 exe=/usr/lib/dovecot/log tag[21]: message". What the writer chose, the tag and the
/// message, comes behind what rsyslog says of him: nothing in it is taken for his number.
bool parse_annotated(std::string_view rest, LogLine& line) {
  if (!has_iso_time(rest)) return false;
  line.time = take_field(rest);
  if (take_field(rest).empty()) return false;
  const auto user = take_named(rest, "uid=");
  if (!user) return false;
  line.writer = parse_number<uid_t>(*user);
  const auto pid = take_named(rest, "pid=");
  if (!line.writer || !pid || !parse_number<pid_t>(*pid)) return false;
  const auto executable = take_named(rest, "exe=");
  if (!executable || !parse_tag(rest, line)) return false;
  line.pid = *pid;
  line.executable = *executable;
  return true;
}

/// "Nov 22 16:56:03 pop3-login: Info: …"; the other time is what people set log_timestamp to.
bool parse_dovecot(std::string_view text, LogLine& line) {
  const bool has_date = text.size() > dovecot_date_bytes && text[4] == '-' && text[7] == '-' &&
                        text[10] == ' ' && text[13] == ':' && text[dovecot_date_bytes] == ' ';
  if (!has_date && !has_stamp(text)) return false;
  const auto length = has_date ? dovecot_date_bytes : stamp_bytes;
  line.time = text.substr(0, length);
  return fill_dovecot(text.substr(length + 1), line);
}

bool parse_as(LineLayout layout, std::string_view text, LogLine& line) {
  switch (layout) {
    case LineLayout::plain:
      return parse_plain(text, line);
    case LineLayout::annotated:
      return parse_annotated(text, line);
    case LineLayout::dovecot:
      return parse_dovecot(text, line);
  }
  return false;
}

}  // namespace

std::optional<LogLine> parse_log_line(std::string_view line, LineLayout layout) {
  // Filled where it is returned from: a line that is handed up copy by copy costs more than all the rest.
  std::optional<LogLine> parsed(std::in_place);
  if (line.size() > log_line_bytes_max || !parse_as(layout, line, *parsed)) parsed.reset();
  return parsed;
}

}  // namespace systemcheck
