#include "config/snmp_keys.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "config/notify_keys.h"
#include "config/values.h"
#include "config/yaml_text.h"

namespace systemcheck {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

constexpr ListLimits addresses{.min = 0, .max = 16};
constexpr std::size_t users_max = 16;
constexpr std::size_t user_name_bytes_max = 32;  // SnmpEngineID and USM, RFC 3414
/// With the name of a service behind it, it stays below the 128 that an object identifier may have.
constexpr std::size_t base_numbers_max = 32;

Result<Oid> parse_base_oid(std::string_view text) {
  const auto malformed = [text] {
    return Error{
        Error::Kind::malformed,
        "'" + printable(text, 64) + "' is not an object identifier (as 1.3.6.1.4.1.8072.9999.9999.2001)"};
  };
  Oid oid;
  std::string_view rest = text.starts_with('.') ? text.substr(1) : text;
  while (!rest.empty() && oid.size() <= base_numbers_max) {
    const auto dot = std::min(rest.find('.'), rest.size());
    const auto number = parse_number<std::uint32_t>(rest.substr(0, dot));
    if (!number || dot + 1 == rest.size()) return malformed();
    oid.push_back(*number);
    rest.remove_prefix(std::min(dot + 1, rest.size()));
  }
  const Oid private_or_experimental{1, 3, 6, 1};
  const bool is_below =
      std::ranges::mismatch(private_or_experimental, oid).in1 == private_or_experimental.end();
  if (!is_below || oid.size() < 6 || oid.size() > base_numbers_max) return malformed();
  return oid;
}

Result<std::string> parse_snmp_user(std::string_view text) {
  constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";
  const bool is_good = !text.empty() && text.size() <= user_name_bytes_max &&
                       text.find_first_not_of(letters) == std::string_view::npos;
  if (is_good) return std::string(text);
  return Error{Error::Kind::malformed,
               "'" + printable(text, 64) + "' is not a name (at most 32 letters, digits, '.', '_' and '-')"};
}

SnmpUser read_user(Section section, SnmpUser user) {
  section.read("password_file", user.password_file, parse_path);
  section.read("may", user.may);
  section.refuse_unknown_keys();
  if (section.is_sound() && user.password_file.empty())
    section.refuse(section.entry(), "password_file", "is missing");
  return user;
}

void read_users(Section& section, std::vector<SnmpUser>& users) {
  auto named = section.section("users");
  for (const auto& entry : named.entry().children) {
    auto name = parse_snmp_user(entry.key);
    if (!name) {
      named.refuse(entry, entry.key, name.error().message);
      continue;
    }
    if (users.size() == users_max)
      return named.refuse(entry, entry.key, fmt::format("more than {} users", users_max));
    users.push_back(read_user(named.section(entry.key), {.name = *std::move(name)}));
  }
}

void check_listeners(Section& section, const SnmpConfig& config) {
  if (config.mode != SnmpMode::agent) return;
  if (config.listen.empty())
    return section.refuse_among({"listen"}, "listens nowhere (mode: disabled switches SNMP off)");
  const bool is_for_users = !std::ranges::all_of(config.listen, is_loopback_snmp_address);
  if (is_for_users && config.users.empty())
    section.refuse_among({"listen"},
                         "is not loopback: there only users of SNMPv3 are answered, and there are none");
}

/// Below an snmpd it is that one which sends, to its own sinks.
void check_sinks(Section& section, const SnmpConfig& config) {
  const auto& sinks = config.notify.sinks;
  if (config.mode == SnmpMode::agentx && !sinks.empty())
    return section.refuse_among({"notify"}, "has sinks: in mode agentx they are those of snmpd.conf(5)");
  for (const auto& sink : sinks) {
    const bool is_known =
        sink.version == SinkVersion::v2c ||
        std::ranges::any_of(config.users, [&](const auto& it) { return it.name == sink.user; });
    if (!is_known)
      section.refuse_among({"notify"}, "'" + printable(sink.user, 64) + "' is none of snmp.users");
  }
}

std::string user_yaml(const SnmpUser& user) {
  return fmt::format("{{password_file: {}, may: {}}}", yaml_scalar(user.password_file), word(user.may));
}

}  // namespace

SnmpConfig read_snmp_config(Section section) {
  SnmpConfig config;
  section.read("mode", config.mode);
  section.read_list("listen", config.listen, addresses, parse_snmp_address);
  auto agentx = section.section("agentx");
  agentx.read("socket", config.agentx_socket, parse_socket_path);
  agentx.read("ping", config.agentx_ping, DurationWithin{seconds{1}, minutes{5}});
  agentx.refuse_unknown_keys();
  section.read("base_oid", config.base_oid, parse_base_oid);
  read_users(section, config.users);
  section.read("writable", config.is_writable, parse_switch);
  config.notify = read_notify_rules(section.section("notify"));
  if (section.is_sound()) check_listeners(section, config);
  if (section.is_sound()) check_sinks(section, config);
  section.refuse_unknown_keys();
  return config;
}

std::string snmp_config_yaml(const SnmpConfig& config) {
  std::string text = "snmp:\n";
  const auto add = [&text](std::string_view key, const std::string& value) {
    text += fmt::format("  {}: {}\n", key, value);
  };
  add("mode", std::string(word(config.mode)));
  add("listen", yaml_list(config.listen));
  add("agentx", fmt::format("{{socket: {}, ping: {}}}", yaml_scalar(config.agentx_socket),
                            duration_text(config.agentx_ping)));
  add("base_oid", fmt::format("{}", fmt::join(config.base_oid, ".")));
  if (!config.users.empty()) text += "  users:\n";
  for (const auto& user : config.users)
    text += "    " + yaml_scalar(user.name) + ": " + user_yaml(user) + "\n";
  add("writable", config.is_writable ? "true" : "false");
  return text + notify_rules_yaml(config.notify);
}

}  // namespace systemcheck
