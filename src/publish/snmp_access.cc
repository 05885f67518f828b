#include "publish/snmp_access.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <utility>

#include "base/text.h"
#include "os/secret_file.h"
#include "os/shared_file.h"
#include "publish/oids.h"

namespace systemcheck {
namespace {

constexpr std::size_t password_file_bytes_max = 256;
constexpr std::size_t password_bytes_min = 8;
constexpr std::size_t password_bytes_max = 64;
constexpr std::size_t persistent_file_bytes_max = std::size_t{64} << 10;

struct Passwords {
  std::string authentication{};
  std::string privacy{};
};

std::string dotted(OidSpan oid) { return fmt::format(".{}", fmt::join(oid, ".")); }

bool is_password(std::string_view text) {
  const bool is_printable =
      std::ranges::all_of(text, [](char letter) { return letter >= ' ' && letter <= '~'; });
  return is_printable && text.size() >= password_bytes_min && text.size() <= password_bytes_max;
}

Result<Passwords> read_passwords(const std::string& path) {
  const auto text = read_secret_file(path, password_file_bytes_max);
  if (!text) return text.error();
  std::string_view rest = *text;
  const Passwords passwords{.authentication = std::string(take_line(rest)),
                            .privacy = std::string(take_line(rest))};
  const bool is_good =
      is_password(passwords.authentication) && is_password(passwords.privacy) && rest.empty();
  if (is_good) return passwords;
  return Error{
      Error::Kind::malformed,
      path +
          ": must have two lines of 8 to 64 printable characters: the password to authenticate, and the "
          "one for privacy"};
}

/// In quotes, as net-snmp reads a word.
std::string quoted(std::string_view text) {
  std::string quoted = "\"";
  for (const char letter : text) {
    if (letter == '"' || letter == '\\') quoted += '\\';
    quoted += letter;
  }
  return quoted + "\"";
}

/// What a view includes besides the module: who and how the agent is.
constexpr std::array<std::string_view, 4> about_the_agent{
    ".1.3.6.1.2.1.1",       // system, sysORTable
    ".1.3.6.1.2.1.11",      // snmp
    ".1.3.6.1.6.3.10.2.1",  // snmpEngine
    ".1.3.6.1.6.3.15.1.1",  // usmStats
};

void add_view(std::vector<std::string>& lines, std::string_view name, const ModuleRoot& root) {
  lines.push_back(fmt::format("view {} included {}", name, dotted(root.module)));
  for (const auto& part : about_the_agent)
    lines.push_back(fmt::format("view {} included {}", name, part));
}

}  // namespace

Result<std::vector<std::string>> access_lines(const SnmpConfig& config, const std::string& community) {
  if (config.mode != SnmpMode::agent) return std::vector<std::string>{};
  const ModuleRoot root(config.base_oid);
  std::vector<std::string> lines{
      "dontLogTCPWrappersConnects yes",  // Or every packet is a line of the log.
      "sysObjectID " + dotted(root.module),
      "sysServices 72",  // A host with applications (RFC 3418).
  };
  add_view(lines, "systemcheck", root);
  // Without users nobody may see it and there is nothing of it: a whole view is answered faster.
  if (!config.users.empty())
    lines.push_back("view systemcheck excluded " + dotted(root.objects) + dotted(relay_clients_oid));
  lines.push_back("rocommunity " + community + " 127.0.0.0/8 -V systemcheck");
  lines.push_back("rocommunity6 " + community + " ::1 -V systemcheck");
  if (!config.users.empty()) add_view(lines, "everything", root);
  for (const auto& user : config.users) {
    const auto passwords = read_passwords(user.password_file);
    if (!passwords) return Error(passwords.error()).within("user " + user.name);
    lines.push_back(fmt::format("createUser {} SHA-256 {} AES {}", user.name,
                                quoted(passwords->authentication), quoted(passwords->privacy)));
    const bool may_write = config.is_writable && user.may == SnmpAccess::write;
    lines.push_back(fmt::format("{} {} priv -V everything", may_write ? "rwuser" : "rouser", user.name));
  }
  return lines;
}

Status forget_users(const std::string& directory) {
  const auto path = directory + "/systemcheck.conf";
  const auto text = read_secret_file(path, persistent_file_bytes_max);
  if (!text) return text.error().kind == Error::Kind::not_found ? Status(Nothing{}) : Status(text.error());
  std::string kept;
  for (std::string_view rest = *text; !rest.empty();) {
    const auto line = take_line(rest);
    if (!line.starts_with("usmUser") && !line.starts_with("createUser")) kept += std::string(line) + "\n";
  }
  if (kept == *text) return Nothing{};
  return replace_file(path, kept, std::nullopt);
}

}  // namespace systemcheck
