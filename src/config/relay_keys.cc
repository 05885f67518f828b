#include "config/relay_keys.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "config/login_patterns.h"
#include "config/values.h"
#include "config/yaml_text.h"

namespace systemcheck {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

constexpr std::size_t logs_max = 16;
constexpr std::size_t networks_max = 1024;
constexpr std::size_t maps_max = 8;
constexpr ListLimits places_limits{.min = 1, .max = 8};
constexpr std::size_t comment_bytes_max = 256;

/// What a source says about who wrote a line.
enum class LogOrigin { plain, annotated };

}  // namespace

template <>
struct Words<LogOrigin> {
  static constexpr int first = 0;
  static constexpr std::array<std::string_view, 2> all{"plain", "annotated"};
};

namespace {

Result<IpNetwork> parse_network(std::string_view text) {
  if (const auto network = IpNetwork::parse(text)) return *network;
  return Error{
      Error::Kind::malformed,
      "'" + printable(text, 64) + "' is not a network (as 192.0.2.0/28, 2001:db8::/64) or an address"};
}

Result<std::string> parse_comment(std::string_view text) {
  if (text.size() <= comment_bytes_max) return std::string(text);
  return Error{Error::Kind::malformed, "must have at most 256 bytes"};
}

/// "2027-01-31": the begin of that day, UTC.
Result<std::optional<WallTime>> parse_day(std::string_view text) {
  const auto part = [text](std::size_t from, std::size_t size) {
    return parse_number<unsigned>(text.size() == 10 ? text.substr(from, size) : std::string_view());
  };
  const auto year = part(0, 4);
  const auto month = part(5, 2);
  const auto day = part(8, 2);
  if (year && month && day && text[4] == '-' && text[7] == '-') {
    const std::chrono::year_month_day date{std::chrono::year{static_cast<int>(*year)},
                                           std::chrono::month{*month}, std::chrono::day{*day}};
    if (date.ok()) return std::optional<WallTime>(std::chrono::sys_days{date});
  }
  return Error{Error::Kind::malformed, "'" + printable(text, 64) + "' is not a day (as 2027-01-31)"};
}

/// Calls `read_item` with the section of each map, or the text of each text, of a list.
template <typename ReadMap, typename ReadText>
void read_items(Section& section, std::string_view key, std::size_t most, ReadMap&& read_map,
                ReadText&& read_text) {
  const auto* list = section.find(key);
  if (list == nullptr || list->kind == Entry::Kind::empty) return;
  if (list->kind != Entry::Kind::list)
    return section.refuse(*list, key, "must be a list, not " + std::string(describe_kind(list->kind)));
  if (list->children.size() > most)
    return section.refuse(*list, key, fmt::format("more than {} of them", most));
  for (const auto& item : list->children) {
    if (item.kind == Entry::Kind::text) {
      read_text(item);
    } else {
      read_map(section.item(key, item), item);
    }
  }
}

RelayLog read_log(Section section, const Entry& item) {
  RelayLog log;
  bool is_journal = false;
  LogOrigin origin = LogOrigin::plain;
  std::string socket;
  section.read("file", log.path, parse_path);
  section.read("socket", socket, parse_socket_path);
  section.read("journal", is_journal, parse_switch);
  section.read("origin", origin);
  const int kinds = (log.path.empty() ? 0 : 1) + (socket.empty() ? 0 : 1) + (is_journal ? 1 : 0);
  if (section.is_sound() && kinds != 1)
    section.refuse_among({"file", "socket", "journal"}, "must be one of file, socket and journal: true");
  if (section.is_sound() && is_journal && section.find("origin") != nullptr)
    section.refuse(item, "origin", "the journal always says who wrote a line");
  section.refuse_unknown_keys();
  log.is_annotated = origin == LogOrigin::annotated;
  if (is_journal) log.kind = RelayLog::Kind::journal;
  if (socket.empty()) return log;
  log.kind = RelayLog::Kind::socket;
  log.path = std::move(socket);
  return log;
}

void read_logs(Section& section, std::vector<RelayLog>& into) {
  const auto* list = section.find("logs");
  if (list == nullptr || list->kind == Entry::Kind::empty) return;
  std::vector<RelayLog> logs;
  const auto add = [&](RelayLog log, const Entry& item) {
    const auto is_same = [&](const RelayLog& it) { return it.kind == log.kind && it.path == log.path; };
    if (std::ranges::any_of(logs, is_same)) section.refuse(item, "logs", "the same log is listed twice");
    logs.push_back(std::move(log));
  };
  read_items(
      section, "logs", logs_max,
      [&](Section item, const Entry& entry) { add(read_log(std::move(item), entry), entry); },
      [&](const Entry& item) {
        auto path = parse_path(item.text);
        if (!path) return section.refuse(item, "logs", path.error().message);
        add({.path = *std::move(path)}, item);
      });
  into = std::move(logs);
}

void read_networks(Section& section, std::string_view key, std::vector<IpNetwork>& into) {
  std::vector<std::string> texts;
  std::vector<IpNetwork> networks;
  section.read_list(key, texts, {.min = 0, .max = networks_max},
                    [&](std::string_view text) -> Result<std::string> {
                      const auto network = parse_network(text);
                      if (!network) return network.error();
                      networks.push_back(*network);
                      return std::string(text);
                    });
  if (section.find(key) != nullptr && section.is_sound()) into = std::move(networks);
}

void read_always(Section& section, std::vector<RelayAlways>& into) {
  read_items(
      section, "always", networks_max,
      [&](Section item, const Entry&) {
        RelayAlways always;
        item.read("network", always.network, parse_network);
        if (item.find("network") == nullptr) item.refuse_among({}, "says nothing of 'network'");
        item.read("comment", always.comment, parse_comment);
        item.read("until", always.until, parse_day);
        item.refuse_unknown_keys();
        into.push_back(std::move(always));
      },
      [&](const Entry& item) {
        const auto network = parse_network(item.text);
        if (!network) return section.refuse(item, "always", network.error().message);
        into.push_back({.network = *network});
      });
}

void read_map_places(Section section, RelayMap& map) {
  if (map.kind == RelayMap::Kind::socketmap) {
    section.read_list("listen", map.places, places_limits, parse_service_address);
  } else {
    std::string path;
    section.read("path", path, parse_path);
    if (!path.empty()) map.places = {path};
  }
  section.read("group", map.group, parse_user_name);
  if (section.is_sound() && map.places.empty())
    section.refuse_among({}, map.kind == RelayMap::Kind::socketmap ? "listens nowhere" : "has no path");
  section.refuse_unknown_keys();
}

void read_publish(Section& section, std::vector<RelayMap>& into) {
  const auto* list = section.find("publish");
  if (list == nullptr || list->kind == Entry::Kind::empty) return;
  into.clear();
  read_items(
      section, "publish", maps_max,
      [&](Section item, const Entry& entry) {
        RelayMap map;
        const auto* child = entry.children.empty() ? nullptr : &entry.children.front();
        const auto kind = child == nullptr ? std::nullopt : from_word<RelayMap::Kind>(child->key);
        if (entry.children.size() != 1 || !kind)
          return section.refuse(entry, "publish",
                                "must be one of socketmap, sendmail_hash, postfix_lmdb and plain_file");
        map.kind = *kind;
        read_map_places(item.section(child->key), map);
        into.push_back(std::move(map));
      },
      [&](const Entry& item) {
        section.refuse(item, "publish", "must be a map, as {socketmap: {listen: [...]}}");
      });
}

void read_limits(Section section, RelayLimits& limits) {
  section.read("addresses", limits.addresses, CountWithin{1, 1'000'000});
  section.read("addresses_per_user", limits.addresses_per_user, CountWithin{1, 10'000});
  section.read("new_per_minute", limits.new_per_minute, CountWithin{1, 1'000'000});
  section.read("users_per_address", limits.users_per_address, CountWithin{1, 64});
  section.refuse_unknown_keys();
}

void read_ip6_bits(Section& section, unsigned& into) {
  section.read("ip6_bits", into, [](std::string_view text) -> Result<unsigned> {
    if (text == "128") return 128U;
    if (text == "64") return 64U;
    return Error{Error::Kind::malformed, "'" + printable(text, 64) + "' is not 128 or 64"};
  });
}

std::string log_yaml(const RelayLog& log) {
  const std::string origin = log.is_annotated ? ", origin: annotated}" : "}";
  switch (log.kind) {
    case RelayLog::Kind::journal:
      return "{journal: true}";
    case RelayLog::Kind::socket:
      return "{socket: " + yaml_scalar(log.path) + origin;
    case RelayLog::Kind::file:
      if (!log.is_annotated) return yaml_scalar(log.path);
  }
  return "{file: " + yaml_scalar(log.path) + origin;
}

std::string always_yaml(const RelayAlways& always) {
  return "{network: " + yaml_scalar(always.network.text()) +
         (always.comment.empty() ? "" : ", comment: " + yaml_scalar(always.comment)) +
         (always.until ? ", until: \"" + wall_time_text(*always.until).substr(0, 10) + "\"" : "") + "}";
}

std::string map_yaml(const RelayMap& map) {
  const std::string group = map.group.empty() ? "" : ", group: " + yaml_scalar(map.group);
  const std::string places = map.kind == RelayMap::Kind::socketmap
                                 ? "listen: " + yaml_list(map.places)
                                 : "path: " + yaml_scalar(map.places.front());
  return "{" + std::string(word(map.kind)) + ": {" + places + group + "}}";
}

template <typename Item, typename Words>
std::string items_yaml(std::string_view key, const std::vector<Item>& items, Words&& words) {
  std::string text = fmt::format("  {}:{}\n", key, items.empty() ? " []" : "");
  for (const auto& item : items)
    text += "    - " + words(item) + "\n";
  return text;
}

}  // namespace

RelayRules read_relay_rules(Section section) {
  RelayRules rules;
  section.read("enabled", rules.enabled, parse_switch);
  read_logs(section, rules.logs);
  section.read("trusted_origin", rules.trusted_origin);
  section.read_list("senders", rules.senders, {.min = 1, .max = 64}, parse_user_name);
  section.read("keep", rules.keep, DurationWithin{minutes{1}, hours{24}});
  read_networks(section, "never", rules.never);
  read_always(section, rules.always);
  read_ip6_bits(section, rules.ip6_bits);
  section.read("smtp_auth", rules.smtp_auth, parse_switch);
  read_publish(section, rules.publish);
  read_login_patterns(section, "patterns", rules.patterns);
  read_limits(section.section("limits"), rules.limits);
  if (section.is_sound() && rules.enabled && rules.logs.empty())
    section.refuse_among({"logs"}, "is empty: nobody's login would be seen");
  section.refuse_unknown_keys();
  return rules;
}

std::string relay_rules_yaml(const RelayRules& rules) {
  const auto& limits = rules.limits;
  std::vector<std::string> never;
  for (const auto& network : rules.never)
    never.push_back(network.text());
  return fmt::format("relay:\n  enabled: {}\n", rules.enabled) + items_yaml("logs", rules.logs, log_yaml) +
         fmt::format("  trusted_origin: {}\n  senders: {}\n  keep: {}\n  never: {}\n",
                     word(rules.trusted_origin), yaml_list(rules.senders), duration_text(rules.keep),
                     yaml_list(never)) +
         items_yaml("always", rules.always, always_yaml) +
         fmt::format("  ip6_bits: {}\n  smtp_auth: {}\n", rules.ip6_bits, rules.smtp_auth) +
         items_yaml("publish", rules.publish, map_yaml) +
         items_yaml("patterns", rules.patterns, login_pattern_yaml) +
         fmt::format(
             "  limits: {{addresses: {}, addresses_per_user: {}, new_per_minute: {}, users_per_address: "
             "{}}}\n",
             limits.addresses, limits.addresses_per_user, limits.new_per_minute, limits.users_per_address);
}

}  // namespace systemcheck
