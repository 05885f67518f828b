#include "config/resource_rules.h"

#include <fmt/core.h>

#include <utility>

#include "config/values.h"

namespace systemcheck {
namespace {

using Kind = ResourceRule::Kind;

constexpr std::size_t rules_max = 16;

Result<double> parse_limit(Kind kind, std::string_view text) {
  const auto as_number = [](auto value) -> Result<double> {
    if (!value) return value.error();
    return static_cast<double>(*value);
  };
  switch (kind) {
    case Kind::memory_above:
      return as_number(parse_bytes(text));
    case Kind::cpu_above:
      return parse_ratio(text);
    case Kind::descriptors_above:
      return parse_share(text);
    case Kind::processes_above:
      return as_number(CountWithin{1, 4'194'304}(text));  // PID_MAX_LIMIT, proc(5)
    case Kind::age_above:
      break;
  }
  const auto age = DurationWithin{std::chrono::minutes{1}, std::chrono::hours{24 * 365}}(text);
  if (!age) return age.error();
  return in_seconds(*age);
}

void read_cycles(Section section, ResourceRule& rule) {
  section.read("failed", rule.failed, CountWithin{1, ResourceRule::cycles_max});
  section.read("of", rule.of, CountWithin{1, ResourceRule::cycles_max});
  if (section.find("of") == nullptr) rule.of = std::max(rule.of, rule.failed);
  if (section.is_sound() && rule.failed > rule.of) {
    section.refuse_among({"failed", "of"}, fmt::format("failed {} is more than of {}", rule.failed, rule.of));
  }
  section.refuse_unknown_keys();
}

void read_rule(Section section, std::vector<ResourceRule>& into) {
  ResourceRule rule;
  int limits = 0;
  for (std::size_t i = 0; i < Words<Kind>::all.size(); ++i) {
    const auto kind = static_cast<Kind>(i);
    if (section.find(word(kind)) == nullptr) continue;
    ++limits;
    rule.kind = kind;
    section.read(word(kind), rule.limit, [kind](std::string_view text) { return parse_limit(kind, text); });
  }
  read_cycles(section.section("cycles"), rule);
  section.read("action", rule.action);
  if (limits != 1) {
    section.refuse_among(
        {}, "needs exactly one of memory_above, cpu_above, descriptors_above, processes_above, age_above");
  }
  section.refuse_unknown_keys();
  into.push_back(rule);
}

std::string limit_yaml(const ResourceRule& rule) {
  switch (rule.kind) {
    case Kind::memory_above:
      return bytes_text(static_cast<std::uint64_t>(rule.limit));
    case Kind::descriptors_above:
      return share_text(rule.limit);
    case Kind::age_above:
      return duration_text(std::chrono::duration_cast<Duration>(std::chrono::duration<double>(rule.limit)));
    case Kind::cpu_above:
    case Kind::processes_above:
      break;
  }
  return fmt::format("{}", rule.limit);
}

}  // namespace

void read_resource_rules(Section& service, std::vector<ResourceRule>& into) {
  const auto* entry = service.find("rules");
  if (entry == nullptr) return;
  const bool is_list = entry->kind == Entry::Kind::list;
  if (!is_list && entry->kind != Entry::Kind::empty)
    return service.refuse(*entry, "rules",
                          "must be a list of maps, not " + std::string(describe_kind(entry->kind)));
  if (entry->children.size() > rules_max)
    return service.refuse(*entry, "rules", fmt::format("more than {} of them", rules_max));
  for (const auto& item : entry->children)
    read_rule(service.item("rules", item), into);
}

std::string resource_rule_yaml(const ResourceRule& rule) {
  return fmt::format("{{{}: {}, cycles: {{failed: {}, of: {}}}, action: {}}}", word(rule.kind),
                     limit_yaml(rule), rule.failed, rule.of, word(rule.action));
}

std::string resource_rule_words(const ResourceRule& rule) {
  switch (rule.kind) {
    case Kind::memory_above:
      return "memory above " + bytes_words(static_cast<std::uint64_t>(rule.limit));
    case Kind::cpu_above:
      return fmt::format("{} processors or more in use", rule.limit);
    case Kind::descriptors_above:
      return fmt::format("more than {} of its descriptors open", share_text(rule.limit));
    case Kind::processes_above:
      return fmt::format("more than {} processes", rule.limit);
    case Kind::age_above:
      break;
  }
  return "older than " +
         duration_words(std::chrono::duration_cast<Duration>(std::chrono::duration<double>(rule.limit)));
}

}  // namespace systemcheck
