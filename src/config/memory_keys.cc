#include "config/memory_keys.h"

#include <array>
#include <utility>

#include "config/values.h"

namespace systemcheck {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr std::size_t protect_max = 64;

std::string threshold_text(const MemoryThreshold& threshold) {
  const auto share = share_text(threshold.share);
  return threshold.at_most_bytes ? "[" + share + ", " + bytes_text(*threshold.at_most_bytes) + "]" : share;
}

/// "10%", or "[10%, 2GiB]": the lower of the two counts.
void read_threshold(Section& section, std::string_view key, MemoryThreshold& into) {
  MemoryThreshold threshold;
  std::vector<std::string> items;
  section.read_list(key, items, {.min = 1, .max = 2},
                    [&, is_first = true](std::string_view text) mutable -> Result<std::string> {
                      if (std::exchange(is_first, false)) {
                        const auto share = parse_share(text);
                        if (!share) return share.error();
                        threshold.share = *share;
                        return std::string(text);
                      }
                      const auto bytes = parse_bytes(text);
                      if (!bytes) return bytes.error();
                      threshold.at_most_bytes = *bytes;
                      return std::string(text);
                    });
  if (!items.empty()) into = threshold;
}

/// Whatever the size of the machine.
bool is_less(const MemoryThreshold& one, const MemoryThreshold& other) {
  if (one.share >= other.share) return false;
  return !other.at_most_bytes || (one.at_most_bytes && *one.at_most_bytes < *other.at_most_bytes);
}

struct Ordered {
  std::array<std::string_view, 3> keys{};
  std::array<const MemoryThreshold*, 3> values{};
  bool may_end_equal = false;  ///< the second and the third

  [[nodiscard]] bool is_right() const {
    const auto& [low, middle, high] = values;
    return is_less(*low, *middle) && (is_less(*middle, *high) || (may_end_equal && *middle == *high));
  }
  [[nodiscard]] std::string complaint() const {
    std::string text = "must be " + std::string(keys[0]) + " < " + std::string(keys[1]) +
                       (may_end_equal ? " <= " : " < ") + std::string(keys[2]) + ", not ";
    for (const auto* value : values)
      text += (value == values[0] ? "" : ", ") + threshold_text(*value);
    return text;
  }
};

void check_thresholds(Section& section, const MemoryRules& rules) {
  for (const auto& order :
       {Ordered{{"critical", "below", "warn"}, {&rules.critical, &rules.below, &rules.warn}},
        Ordered{{"below", "target", "restore_above"},
                {&rules.below, &rules.target, &rules.restore_above},
                true}}) {
    if (order.is_right()) continue;
    return section.refuse_among({order.keys.begin(), order.keys.end()}, order.complaint());
  }
}

void check_backoff(Section& section, const MemoryRules& rules) {
  if (rules.backoff <= rules.backoff_max) return;
  section.refuse_among({"backoff", "backoff_max"}, "backoff " + duration_text(rules.backoff) +
                                                       " is more than backoff_max " +
                                                       duration_text(rules.backoff_max));
}

void read_times(Section& section, MemoryRules& rules) {
  // The lower limits keep one bad look, or one good one, from turning anything off or on.
  section.read("below_for", rules.below_for, DurationWithin{seconds{1}, hours{1}});
  section.read("restore_after", rules.restore_after, DurationWithin{seconds{10}, hours{24}});
  section.read("restore_gap", rules.restore_gap, DurationWithin{seconds{1}, hours{24}});
  section.read("min_up", rules.min_up, DurationWithin{Duration::zero(), hours{24}});
  section.read("min_down", rules.min_down, DurationWithin{Duration::zero(), hours{24}});
  section.read("max_down", rules.max_down, DurationWithin{Duration::zero(), hours{24 * 7}});
  section.read("backoff", rules.backoff, DurationWithin{seconds{1}, hours{24}});
  section.read("backoff_max", rules.backoff_max, DurationWithin{seconds{1}, hours{24}});
  section.read("stop_timeout", rules.stop_timeout, DurationWithin{seconds{1}, hours{1}});
  section.read("critical_stop_timeout", rules.critical_stop_timeout, DurationWithin{seconds{1}, hours{1}});
}

MemoryRules read_shed(Section section) {
  MemoryRules rules;
  section.read("mode", rules.mode);
  read_threshold(section, "warn", rules.warn);
  read_threshold(section, "below", rules.below);
  read_threshold(section, "critical", rules.critical);
  read_threshold(section, "target", rules.target);
  read_threshold(section, "restore_above", rules.restore_above);
  read_times(section, rules);
  section.read("sheds_per_hour", rules.sheds_per_hour, CountWithin{1, 60});
  section.read("culprit_first", rules.culprit_first, parse_switch);
  section.read("on_exit", rules.on_exit);
  section.read("control_group", rules.control_group, parse_path);
  section.read_list("protect", rules.protect, {.min = 0, .max = protect_max}, parse_unit_name);
  if (section.is_sound()) check_thresholds(section, rules);
  if (section.is_sound()) check_backoff(section, rules);
  section.refuse_unknown_keys();
  return rules;
}

}  // namespace

MemoryRules read_memory_rules(Section section) {
  auto rules = read_shed(section.section("shed"));
  section.refuse_unknown_keys();
  return rules;
}

std::vector<std::pair<std::string_view, std::string>> memory_rule_lines(const MemoryRules& rules) {
  std::vector<std::pair<std::string_view, std::string>> lines{
      {"mode", std::string(word(rules.mode))},
      {"warn", threshold_text(rules.warn)},
      {"below", threshold_text(rules.below)},
      {"critical", threshold_text(rules.critical)},
      {"target", threshold_text(rules.target)},
      {"restore_above", threshold_text(rules.restore_above)},
      {"below_for", duration_text(rules.below_for)},
      {"restore_after", duration_text(rules.restore_after)},
      {"restore_gap", duration_text(rules.restore_gap)},
      {"min_up", duration_text(rules.min_up)},
      {"min_down", duration_text(rules.min_down)},
      {"max_down", duration_text(rules.max_down)},
      {"backoff", duration_text(rules.backoff)},
      {"backoff_max", duration_text(rules.backoff_max)},
      {"sheds_per_hour", std::to_string(rules.sheds_per_hour)},
      {"stop_timeout", duration_text(rules.stop_timeout)},
      {"critical_stop_timeout", duration_text(rules.critical_stop_timeout)},
      {"culprit_first", rules.culprit_first ? "true" : "false"},
      {"on_exit", std::string(word(rules.on_exit))}};
  if (!rules.control_group.empty()) lines.emplace_back("control_group", rules.control_group);
  return lines;
}

}  // namespace systemcheck
