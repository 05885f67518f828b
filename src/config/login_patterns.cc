#include "config/login_patterns.h"

#include <algorithm>

#include "config/values.h"
#include "config/yaml_text.h"

namespace systemcheck {
namespace {

constexpr std::size_t patterns_max = 128;
constexpr std::size_t expression_bytes_max = 1024;
constexpr std::size_t line_bytes_max = 8192;
constexpr ListLimits tags_limits{.min = 1, .max = 64};
constexpr ListLimits examples_limits{.min = 1, .max = 64};

/// A text of 1 to `max` bytes.
struct TextWithin {
  std::size_t max = 0;

  Result<std::string> operator()(std::string_view text) const {
    if (text.empty()) return Error{Error::Kind::malformed, "is empty"};
    if (text.size() > max)
      return Error{Error::Kind::malformed, "is longer than " + std::to_string(max) + " bytes"};
    return std::string(text);
  }
};

LoginPattern read_pattern(Section section) {
  LoginPattern pattern;
  section.read("name", pattern.name, parse_service_name);
  if (section.is_sound() && pattern.name.empty()) section.refuse_among({"name"}, "has no name");
  section.read_list("tags", pattern.tags, tags_limits, TextWithin{64});
  section.read_list("prefix", pattern.prefixes, tags_limits, TextWithin{255});
  section.read("re", pattern.expression, TextWithin{expression_bytes_max});
  section.read("open", pattern.open, TextWithin{expression_bytes_max});
  section.read("close", pattern.close, TextWithin{expression_bytes_max});
  section.read("open_for", pattern.open_for, DurationWithin{std::chrono::seconds{1}, std::chrono::hours{1}});
  section.read("smtp_auth", pattern.is_smtp_auth, parse_switch);
  section.read_list("match", pattern.matches, examples_limits, TextWithin{line_bytes_max});
  section.read_list("nomatch", pattern.mismatches, examples_limits, TextWithin{line_bytes_max});
  section.refuse_unknown_keys();
  return pattern;
}

void read_list(Section& section, std::string_view key, const Entry& list, std::vector<LoginPattern>& into) {
  if (list.kind != Entry::Kind::list) return section.refuse(list, key, "must be a list");
  if (list.children.size() > patterns_max)
    return section.refuse(list, key, "more than " + std::to_string(patterns_max) + " patterns");
  into.clear();
  for (const auto& item : list.children) {
    auto pattern = read_pattern(section.item(key, item));
    const auto is_same = [&](const LoginPattern& it) { return it.name == pattern.name; };
    if (!pattern.name.empty() && std::ranges::any_of(into, is_same))
      section.refuse(item, key, "'" + printable(pattern.name, 64) + "' is listed twice");
    into.push_back(std::move(pattern));
  }
}

}  // namespace

void read_login_patterns(Section& section, std::string_view key, std::vector<LoginPattern>& into) {
  const auto* list = section.find(key);
  if (list != nullptr && list->kind != Entry::Kind::empty) read_list(section, key, *list, into);
}

LoginPatternFile load_login_patterns(const ConfigText& text) {
  LoginPatternFile file;
  auto root = parse_yaml(text, file.problems);
  if (!file.problems.empty()) return file;
  if (root.kind != Entry::Kind::map && root.kind != Entry::Kind::list) {
    add_problem(file.problems, {text.path},
                "must be a list of patterns, not " + std::string(describe_kind(root.kind)));
    return file;
  }
  if (root.kind == Entry::Kind::list) {
    root.key = "patterns";
    root.key_place = root.place;
    Entry map{.kind = Entry::Kind::map, .place = root.place};
    map.children.push_back(std::move(root));
    root = std::move(map);
  }
  Section section(root, "", file.problems);
  read_login_patterns(section, "patterns", file.patterns);
  section.refuse_unknown_keys();
  return file;
}

std::string login_pattern_yaml(const LoginPattern& pattern) {
  std::string text = "{name: " + yaml_scalar(pattern.name);
  const auto add = [&text](std::string_view key, const std::string& value, bool is_given) {
    if (is_given) text += ", " + std::string(key) + ": " + value;
  };
  add("tags", yaml_list(pattern.tags), !pattern.tags.empty());
  add("prefix", yaml_list(pattern.prefixes), !pattern.prefixes.empty());
  add("re", yaml_scalar(pattern.expression), !pattern.expression.empty());
  add("open", yaml_scalar(pattern.open), !pattern.open.empty());
  add("close", yaml_scalar(pattern.close), !pattern.close.empty());
  add("open_for", duration_text(pattern.open_for), !pattern.open.empty());
  add("smtp_auth", "true", pattern.is_smtp_auth);
  add("match", yaml_list(pattern.matches), !pattern.matches.empty());
  add("nomatch", yaml_list(pattern.mismatches), !pattern.mismatches.empty());
  return text + "}";
}

}  // namespace systemcheck
