#include "daemon/configuration.h"

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
