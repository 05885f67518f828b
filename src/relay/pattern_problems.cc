#include "relay/pattern_problems.h"

#include <algorithm>
#include <string_view>

#include "base/text.h"
#include "relay/expression.h"

namespace systemcheck {
namespace {

constexpr std::size_t tag_bytes_max = 64;
constexpr std::size_t prefix_bytes_max = 255;
constexpr std::size_t list_max = 64;

bool is_tag(std::string_view tag) {
  const bool is_plain = std::ranges::all_of(
      tag, [](char c) { return c > ' ' && c <= '~' && c != ':' && c != '[' && c != ']'; });
  return !tag.empty() && tag.size() <= tag_bytes_max && is_plain;
}

void check_words(const LoginPattern& pattern, std::vector<std::string>& problems) {
  if (pattern.tags.empty()) problems.emplace_back("has no tags: which program writes it?");
  if (pattern.tags.size() > list_max) problems.emplace_back("has more than 64 tags");
  for (const auto& tag : pattern.tags) {
    if (!is_tag(tag))
      problems.push_back("'" + printable(tag, tag_bytes_max) + "' is not the tag of a program");
  }
  if (pattern.prefixes.empty()) problems.emplace_back("has no prefix: how does the message begin?");
  if (pattern.prefixes.size() > list_max) problems.emplace_back("has more than 64 prefixes");
  for (const auto& prefix : pattern.prefixes) {
    if (prefix.empty() || prefix.size() > prefix_bytes_max)
      problems.emplace_back("a prefix has 1 to 255 bytes");
  }
}

enum class Address { must, may, must_not };

void check_expression(std::string_view key, std::string_view text, Address address,
                      std::vector<std::string>& problems) {
  const auto say = [&](const std::string& what) { problems.push_back(std::string(key) + " " + what); };
  const auto expression = parse_expression(text);
  if (!expression) return say(expression.error().message);
  if (address == Address::must && !expression->has_address) say("has no group 'ip': (?P<ip>[0-9A-Fa-f.:]+)");
  if (address == Address::must_not && expression->has_address)
    say("has a group 'ip' that nobody would look at");
  if (const auto doubt = doubt_about(*expression); !doubt.empty()) say("is not safe: " + doubt);
}

void check_expressions(const LoginPattern& pattern, PatternSource source,
                       std::vector<std::string>& problems) {
  const bool is_in_two_lines = !pattern.open.empty();
  auto address = source == PatternSource::built_in ? Address::may : Address::must;
  if (is_in_two_lines) address = Address::must_not;
  check_expression("re", pattern.expression, address, problems);
  if (is_in_two_lines) check_expression("open", pattern.open, Address::must, problems);
  if (!pattern.close.empty() && !is_in_two_lines) problems.emplace_back("has a close, but no open");
  if (!pattern.close.empty()) check_expression("close", pattern.close, Address::must_not, problems);
  constexpr Duration open_for_max = std::chrono::hours{1};
  if (is_in_two_lines && (pattern.open_for <= Duration{0} || pattern.open_for > open_for_max))
    problems.emplace_back("open_for is more than 0 and at most 1h");
}

}  // namespace

std::vector<std::string> problems_of(const LoginPattern& pattern, PatternSource source) {
  std::vector<std::string> problems;
  check_words(pattern, problems);
  check_expressions(pattern, source, problems);
  if (pattern.matches.empty()) problems.emplace_back("has no match: a whole line of a log that must fit");
  if (pattern.mismatches.empty())
    problems.emplace_back("has no nomatch: a whole line of a log that must not fit");
  return problems;
}

}  // namespace systemcheck
