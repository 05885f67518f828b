#include "daemon/configuration.h"

#include <map>
#include <string_view>

#include "base/text.h"
#include "relay/login_patterns.h"

namespace systemcheck {

// FNV-1a, folded to 48 bits.
std::uint64_t config_hash(const Config& config) {
  std::uint64_t hash = 14695981039346656037ULL;
  for (const char letter : config_yaml(config)) {
    hash ^= static_cast<unsigned char>(letter);
    hash *= 1099511628211ULL;
  }
  return (hash ^ (hash >> 48)) & 0xffffffffffffULL;
}

namespace {

/// What print_config would say, part by part; a service is a part of its own.
std::map<std::string, std::string> parts_of(const Config& config) {
  std::map<std::string, std::string> parts;
  const auto text = config_yaml(config);
  std::string section;
  std::string part;
  auto rest = std::string_view(text);
  while (!rest.empty()) {
    const auto line = take_line(rest);
    const auto begin = line.find_first_not_of(' ');
    if (begin == std::string_view::npos || line[begin] == '#') continue;
    const auto key = line.substr(begin, line.find(':') - begin);
    if (begin == 0) section = part = key;
    if (begin == 2 && section == "services") part = section + "." + std::string(key);
    parts[part] += std::string(line) + "\n";
  }
  return parts;
}

}  // namespace

std::vector<ConfigChange> config_changes(const Config& before, const Config& after) {
  using Kind = ConfigChange::Kind;
  std::vector<ConfigChange> changes;
  const auto old = parts_of(before);
  const auto now = parts_of(after);
  for (const auto& [name, text] : now) {
    const auto found = old.find(name);
    if (found == old.end()) changes.push_back({name, Kind::added});
    if (found != old.end() && found->second != text) changes.push_back({name, Kind::changed});
  }
  for (const auto& [name, text] : old) {
    if (!now.contains(name)) changes.push_back({name, Kind::removed});
  }
  return changes;
}

std::vector<std::string> changes_at_start_only(const Config& before, const Config& after) {
  std::vector<std::string> keys;
  if (after.http != before.http) keys.emplace_back("http");
  if (after.snmp != before.snmp) keys.emplace_back("snmp");
  if (after.history != before.history) keys.emplace_back("history");
  if (after.control_socket != before.control_socket) keys.emplace_back("control_socket");
  if (after.state_directory != before.state_directory) keys.emplace_back("state_directory");
  return keys;
}

std::vector<Problem> find_pattern_problems(const Config& config) {
  std::vector<Problem> problems;
  const auto compiled = LoginPatterns::compile(config.relay.patterns);
  if (compiled) return problems;
  std::string_view rest = compiled.error().message;
  while (!rest.empty())
    problems.push_back({.message = "relay.patterns: " + std::string(take_line(rest))});
  return problems;
}

}  // namespace systemcheck
