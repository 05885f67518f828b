#include "config/notify_keys.h"

#include <fmt/format.h>

#include <utility>

#include "config/values.h"
#include "config/yaml_text.h"

namespace systemcheck {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

constexpr std::size_t sinks_max = 16;
/// Sooner it would be told again before anybody can have done something.
constexpr Duration pause_min = seconds{10};
constexpr DurationWithin pause_within{Duration{}, hours{24 * 7}};
constexpr CountWithin a_minute{1, 6'000};

/// 0s, or a pause that is long enough.
Result<Duration> parse_pause(std::string_view text) {
  auto pause = pause_within(text);
  if (!pause || *pause == Duration{} || *pause >= pause_min) return pause;
  return Error{Error::Kind::malformed, "must be 0s (never) or at least " + duration_text(pause_min)};
}

void check_sink(Section& section, const SnmpSink& sink) {
  const bool is_v3 = sink.version == SinkVersion::v3;
  if (sink.to.empty()) return section.refuse(section.entry(), "to", "is missing");
  if (sink.to.ends_with(":0")) return section.refuse_among({"to"}, "must have a port");
  if (is_v3 && sink.user.empty()) return section.refuse(section.entry(), "user", "is missing: v3 needs one");
  if (is_v3 && !sink.community_file.empty())
    return section.refuse_among({"community_file"}, "is of v2c; v3 has a user");
  if (!is_v3 && !sink.user.empty())
    return section.refuse_among({"user"}, "is of v3; v2c has a community_file");
  if (!is_v3 && sink.community_file.empty())
    return section.refuse(section.entry(), "community_file", "is missing: v2c needs one");
  // Whom it is meant for would have to be asked who he is, at the start, and waited for.
  if (is_v3 && sink.kind == SinkKind::inform)
    section.refuse_among({"kind"}, "inform is possible with v2c only");
}

SnmpSink read_sink(Section section) {
  SnmpSink sink;
  section.read("to", sink.to, parse_snmp_address);
  section.read("version", sink.version);
  section.read("kind", sink.kind);
  section.read("community_file", sink.community_file, parse_path);
  section.read("user", sink.user,
               [](std::string_view text) { return Result<std::string>(std::string(text)); });
  section.refuse_unknown_keys();
  if (section.is_sound()) check_sink(section, sink);
  return sink;
}

void read_sinks(Section& section, std::vector<SnmpSink>& sinks) {
  const auto* list = section.find("sinks");
  if (list == nullptr || list->kind == Entry::Kind::empty) return;
  if (list->kind != Entry::Kind::list) return section.refuse(*list, "sinks", "must be a list of maps");
  for (const auto& item : list->children) {
    if (sinks.size() == sinks_max)
      return section.refuse(item, "sinks", fmt::format("more than {} of them", sinks_max));
    sinks.push_back(read_sink(section.item("sinks", item)));
  }
}

std::string sink_yaml(const SnmpSink& sink) {
  const bool is_v3 = sink.version == SinkVersion::v3;
  return fmt::format("{{to: {}, version: {}, kind: {}, {}: {}}}", yaml_scalar(sink.to), word(sink.version),
                     word(sink.kind), is_v3 ? "user" : "community_file",
                     yaml_scalar(is_v3 ? sink.user : sink.community_file));
}

}  // namespace

NotifyRules read_notify_rules(Section section) {
  NotifyRules rules;
  read_sinks(section, rules.sinks);
  section.read("resend", rules.resend, parse_pause);
  section.read("heartbeat", rules.heartbeat, parse_pause);
  section.read("per_minute", rules.per_minute, a_minute);
  section.refuse_unknown_keys();
  return rules;
}

std::string notify_rules_yaml(const NotifyRules& rules) {
  std::string text = "  notify:\n";
  text += rules.sinks.empty() ? "    sinks: []\n" : "    sinks:\n";
  for (const auto& sink : rules.sinks)
    text += "      - " + sink_yaml(sink) + "\n";
  text += fmt::format("    resend: {}\n    heartbeat: {}\n    per_minute: {}\n", duration_text(rules.resend),
                      duration_text(rules.heartbeat), rules.per_minute);
  return text;
}

}  // namespace systemcheck
