#include "config/probes.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.h"
#include "config/values.h"

namespace systemcheck {
namespace {

constexpr std::size_t text_max = 1024;  // of what is sent, and of what is looked for

Error malformed(std::string_view text, std::string_view what) {
  return {Error::Kind::malformed, "'" + printable(text, 64) + "' " + std::string(what)};
}

bool is_visible(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < '\x7f'; });
}

bool is_control(char c) {
  const auto code = static_cast<unsigned char>(c);
  return code < 0x20 || code == 0x7f;
}

Result<std::string> parse_bounded(std::string_view text) {
  if (!text.empty() && text.size() <= text_max) return std::string(text);
  return malformed(text, "is not a text of 1 to 1024 bytes");
}

Result<std::string> parse_host_header(std::string_view text) {
  if (!text.empty() && text.size() <= 255 && is_visible(text)) return std::string(text);
  return malformed(text, "is not the name of a host");
}

Result<std::string> parse_http_target(std::string_view text) {
  const auto url = parse_http_url(text);
  if (!url) return url.error();
  return std::string(text);
}

/// RFC 1035, 2.3.4: labels of 63 octets, 253 characters in all.
Result<std::string> parse_dns_name(std::string_view text) {
  std::size_t label = 0;
  bool is_sound = !text.empty() && text.size() <= 253 && is_visible(text);
  for (std::size_t i = 0; is_sound && i < text.size(); ++i) {
    label = text[i] == '.' ? 0 : label + 1;
    const bool is_end = i + 1 == text.size();
    is_sound = label <= 63 && (text[i] != '.' || is_end || (text[i + 1] != '.' && i > 0));
  }
  if (is_sound) return std::string(text);
  return malformed(text, "is not a domain name");
}

Result<std::uint32_t> parse_file_mode(std::string_view text) {
  std::uint32_t mode = 0;
  const auto* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, mode, 8);
  if (error == std::errc{} && stop == end && mode <= 07777) return mode;
  return malformed(text, "is not the mode of a file (as 0640)");
}

Result<std::string> parse_sha256(std::string_view text) {
  const bool is_hex = text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
  if (text.size() == 64 && is_hex) return std::string(text);
  return malformed(text, "is not a SHA-256 in 64 small hexadecimal digits");
}

Result<std::string> parse_target(ProbeKind kind, std::string_view text) {
  if (kind == ProbeKind::http) return parse_http_target(text);
  if (kind == ProbeKind::unix_socket) return parse_socket_path(text);
  if (kind == ProbeKind::file) return parse_path(text);
  return parse_probe_address(text);
}

void read_command(Section& section, Probe& probe) {
  const auto* entry = section.find("command");
  if (entry->kind != Entry::Kind::list) {
    return section.refuse(*entry, "command", "must be a list, there is no shell");
  }
  bool is_program = true;
  section.read_list("command", probe.command, {.min = 1, .max = 64, .may_repeat = true},
                    [&is_program](std::string_view text) {
                      return std::exchange(is_program, false) ? parse_path(text)
                                                              : Result<std::string>(std::string(text));
                    });
  if (!probe.command.empty()) probe.target = probe.command.front();
}

void read_status(Section& section, std::vector<std::uint32_t>& status) {
  std::vector<std::string> texts;
  section.read_list("status", texts, {.min = 1, .max = 32}, [](std::string_view text) -> Result<std::string> {
    const auto code = CountWithin{100, 599}(text);
    if (!code) return code.error();
    return std::string(text);
  });
  for (const auto& text : texts)
    status.push_back(*parse_number<std::uint32_t>(text));
}

/// Line ends and other control characters of ASCII are what protocols are made of. yaml-cpp makes bytes that
/// are no UTF-8 of "\N" and "\_".
Result<std::string> parse_sent(std::string_view text) {
  std::string rest(text);
  std::ranges::replace_if(rest, is_control, ' ');
  if (clean_prefix(rest) != rest.size()) return malformed(text, "holds what is neither visible nor ASCII");
  return parse_bounded(text);
}

void read_send(Section& section, std::string& send) {
  const auto* entry = section.find("send");
  if (entry == nullptr) return;
  if (entry->kind != Entry::Kind::text) return section.refuse(*entry, "send", "must be one value");
  const auto text = parse_sent(entry->text);
  if (!text) return section.refuse(*entry, "send", text.error().message);
  send = *text;
}

void read_file_rules(Section& section, Probe& probe) {
  section.read("max_age", probe.max_age,
               DurationWithin{std::chrono::seconds{1}, std::chrono::hours{24 * 366}});
  section.read("min_size", probe.min_size, parse_bytes);
  section.read("max_size", probe.max_size, parse_bytes);
  section.read("mode", probe.file_mode, parse_file_mode);
  section.read("sha256", probe.sha256, parse_sha256);
}

/// Only the keys that mean something to this kind: all others are unknown keys.
void read_details(Section& section, Probe& probe) {
  switch (probe.kind) {
    case ProbeKind::http:
      read_status(section, probe.status);
      section.read("contains", probe.contains, parse_bounded);
      section.read("host", probe.host, parse_host_header);
      return;
    case ProbeKind::dns:
      section.read("query", probe.query, parse_dns_name);
      section.read("transport", probe.transport);
      return;
    case ProbeKind::tcp:
    case ProbeKind::unix_socket:
      read_send(section, probe.send);
      section.read("expect", probe.expect, parse_pattern);
      return;
    case ProbeKind::file:
      return read_file_rules(section, probe);
    case ProbeKind::smtp:
    case ProbeKind::pop3:
    case ProbeKind::imap:
      section.read("tls", probe.is_tls, parse_switch);
      return;
    case ProbeKind::ftp:
    case ProbeKind::ssh:
    case ProbeKind::command:
      return;
  }
}

void read_pace(Section& section, Probe& probe) {
  section.read("every", probe.every, DurationWithin{std::chrono::seconds{1}, std::chrono::hours{24}});
  section.read("timeout", probe.timeout,
               DurationWithin{std::chrono::milliseconds{10}, std::chrono::minutes{5}});
  section.read("slow", probe.slow, DurationWithin{std::chrono::milliseconds{1}, std::chrono::minutes{5}});
  section.read("failures", probe.failures, CountWithin{1, 1000});
  section.read("successes", probe.successes, CountWithin{1, 1000});
  section.read("fatal", probe.is_fatal, parse_switch);
  if (section.is_sound() && probe.slow && *probe.slow >= probe.timeout) {
    section.refuse_among({"slow"}, "slow " + duration_text(*probe.slow) + " is not less than timeout " +
                                       duration_text(probe.timeout));
  }
}

std::vector<ProbeKind> kinds_in(Section& section) {
  std::vector<ProbeKind> kinds;
  for (const auto name : Words<ProbeKind>::all) {
    if (section.find(name) != nullptr) kinds.push_back(*from_word<ProbeKind>(name));
  }
  return kinds;
}

Probe read_probe(Section section) {
  Probe probe;
  const auto kinds = kinds_in(section);
  if (kinds.size() != 1) {
    section.refuse_among({}, kinds.empty()
                                 ? "asks nothing: add one of tcp, http, smtp, pop3, imap, ftp, ssh, "
                                   "dns, unix, command, file"
                                 : "asks two things at once: '" + std::string(word(kinds[0])) + "' and '" +
                                       std::string(word(kinds[1])) + "'");
    return probe;
  }
  probe.kind = kinds.front();
  const auto parse = [kind = probe.kind](std::string_view text) { return parse_target(kind, text); };
  if (probe.kind == ProbeKind::command) read_command(section, probe);
  if (probe.kind != ProbeKind::command) section.read(word(probe.kind), probe.target, parse);
  if (probe.kind == ProbeKind::http) probe.is_tls = probe.target.starts_with("https:");
  read_details(section, probe);
  read_pace(section, probe);
  section.refuse_unknown_keys();
  return probe;
}

std::string quoted(std::string_view text) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out = "\"";
  for (const char c : text) {
    const auto code = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') out += '\\';
    if (is_control(c)) {
      out += std::string("\\x") + digits[code / 16] + digits[code % 16];
    } else {
      out += c;
    }
  }
  return out + "\"";
}

template <typename Items, typename Describe>
std::string joined(const Items& items, Describe describe) {
  std::string text;
  for (const auto& item : items)
    text += (text.empty() ? "" : ", ") + describe(item);
  return "[" + text + "]";
}

std::string octal(std::uint32_t mode) {
  std::array<char, 8> buffer{};
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), mode, 8);
  return "0" + std::string(buffer.data(), end.ptr);
}

/// What differs from the defaults, as the inside of a flow map.
class FlowMap {
 public:
  void add(std::string_view key, const std::string& value) {
    text_ += (text_.empty() ? "" : ", ") + std::string(key) + ": " + value;
  }
  void add_text(std::string_view key, const std::string& value) {
    if (!value.empty()) add(key, quoted(value));
  }
  void add_bytes(std::string_view key, const std::optional<std::uint64_t>& value) {
    if (value) add(key, bytes_text(*value));
  }
  void add_time(std::string_view key, const std::optional<Duration>& value) {
    if (value) add(key, duration_text(*value));
  }
  [[nodiscard]] std::string text() const { return "{" + text_ + "}"; }

 private:
  std::string text_;
};

void add_details(FlowMap& map, const Probe& probe) {
  const auto number = [](std::uint32_t it) { return std::to_string(it); };
  if (!probe.status.empty()) map.add("status", joined(probe.status, number));
  if (probe.is_tls && probe.kind != ProbeKind::http) map.add("tls", "true");
  map.add_text("contains", probe.contains);
  map.add_text("host", probe.host);
  if (probe.kind == ProbeKind::dns) map.add_text("query", probe.query);
  if (probe.transport != DnsTransport{}) map.add("transport", std::string(word(probe.transport)));
  map.add_text("send", probe.send);
  map.add_text("expect", probe.expect);
  map.add_time("max_age", probe.max_age);
  map.add_bytes("min_size", probe.min_size);
  map.add_bytes("max_size", probe.max_size);
  if (probe.file_mode) map.add("mode", octal(*probe.file_mode));
  map.add_text("sha256", probe.sha256);
}

}  // namespace

void read_probes(Section& section, std::vector<Probe>& into) {
  const auto* entry = section.find("probes");
  if (entry == nullptr) return;
  if (entry->kind != Entry::Kind::list) return section.refuse(*entry, "probes", "must be a list");
  if (entry->children.size() > probes_max) {
    return section.refuse(*entry, "probes", "more than " + std::to_string(probes_max) + " probes");
  }
  into.clear();
  for (const auto& item : entry->children) {
    if (item.kind != Entry::Kind::map) {
      section.refuse(item, "probes", "must be maps, as {tcp: \"127.0.0.1:25\"}");
      continue;
    }
    auto probe = read_probe(section.item("probes", item));
    const auto is_same = [&](const Probe& it) { return probe_name(it) == probe_name(probe); };
    if (section.is_sound() && std::any_of(into.begin(), into.end(), is_same))
      section.refuse(item, "probes", "'" + printable(probe_name(probe), 64) + "' is listed twice");
    into.push_back(std::move(probe));
  }
}

std::string probe_yaml(const Probe& probe) {
  FlowMap map;
  const auto text = [](const std::string& it) { return quoted(it); };
  map.add(word(probe.kind),
          probe.kind == ProbeKind::command ? joined(probe.command, text) : quoted(probe.target));
  add_details(map, probe);
  map.add_time("every", probe.every);
  map.add("timeout", duration_text(probe.timeout));
  map.add_time("slow", probe.slow);
  map.add("failures", std::to_string(probe.failures));
  map.add("successes", std::to_string(probe.successes));
  map.add("fatal", probe.is_fatal ? "true" : "false");
  return map.text();
}

Result<HttpUrl> parse_http_url(std::string_view text) {
  constexpr std::string_view hint = "is not a URL with a numeric address (as http://127.0.0.1:8080/health)";
  HttpUrl url;
  url.is_tls = text.starts_with("https://");
  if (!url.is_tls && !text.starts_with("http://")) return malformed(text, hint);
  auto rest = text.substr(url.is_tls ? 8 : 7);
  if (rest.size() > text_max || !is_visible(rest)) return malformed(text, hint);
  const auto slash = rest.find('/');
  if (slash != std::string_view::npos) url.path = std::string(rest.substr(slash));
  url.address = std::string(rest.substr(0, slash));
  if (parse_probe_address(url.address)) return url;
  url.address += url.is_tls ? ":443" : ":80";
  if (parse_probe_address(url.address)) return url;
  return malformed(text, hint);
}

}  // namespace systemcheck
