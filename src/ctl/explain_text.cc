#include <fmt/core.h>

#include <algorithm>
#include <deque>

#include "base/text.h"
#include "ctl/answer.h"
#include "ctl/history_text.h"

// The one answer by which it is found out why a service is down.

namespace systemcheck {
namespace {

constexpr std::size_t output_lines_shown = 5;

bool is_true(const Json& json, const char* key) {
  const auto found = json.find(key);
  return found != json.end() && found->is_boolean() && found->get<bool>();
}

/// The last lines that the command wrote.
std::string output_lines(const Json& action) {
  const auto found = action.find("output");
  if (found == action.end() || !found->is_string()) return {};
  std::deque<std::string> last;
  auto rest = std::string_view(found->get_ref<const std::string&>());
  while (!rest.empty()) {
    last.push_back("    | " + printable(take_line(rest), 1024) + "\n");
    if (last.size() > output_lines_shown) last.pop_front();
  }
  std::string text;
  for (const auto& line : last)
    text += line;
  return text;
}

std::string command_lines(const Json& action) {
  std::string text;
  if (const auto command = text_of(action, "command"); !command.empty())
    text += "    command: " + command + "\n";
  const auto output = output_lines(action);
  const auto detail = text_of(action, "detail");
  if (!output.empty()) return text + "    it said:\n" + output;
  return detail.empty() ? text : text + "    it said: " + detail + "\n";
}

std::string hold_lines(const Json& json) {
  std::string text;
  for (const auto& hold : list_of(json, "holds"))
    text += "held by " + hold_words(hold) + "\n";
  return text;
}

/// What was asked of it, and what it answered.
std::string probe_lines(const Json& json) {
  std::string text;
  for (const auto& probe : list_of(json, "probes")) {
    const auto failures = static_cast<std::uint64_t>(std::max(0.0, number_of(probe, "consecutive_failures")));
    text += "probe " + text_of(probe, "name") + ": " + text_of(probe, "result");
    if (failures > 0) text += fmt::format(", {} in a row", failures);
    if (!is_true(probe, "is_fatal")) text += ", never a reason to restart";
    const auto detail = text_of(probe, "detail");
    text += (detail.empty() ? "" : ": " + detail) + "\n";
  }
  return text;
}

const Json& part_of(const Json& json, const char* key) {
  static const Json nothing = Json::object();
  const auto found = json.find(key);
  return found != json.end() && found->is_object() ? *found : nothing;
}

std::string next_line(const Json& json) {
  const auto& next = part_of(json, "next");
  const bool is_planned = !text_of(next, "attempt").empty();
  const auto when = is_planned ? " (in " + seconds_words(number_of(json, "next_attempt_seconds")) + ")" : "";
  return "next" + when + ": " + text_of(next, "text") + "\n";
}

/// What a person may type now.
std::string help_lines(const Json& json) {
  const auto name = text_of(json, "name");
  const auto state = text_of(json, "state");
  std::string text = "  systemcheckctl history " + name + "\n";
  if (const auto unit = text_of(json, "unit"); !unit.empty()) text += "  journalctl -u " + unit + "\n";
  if (!list_of(json, "holds").empty()) text += "  systemcheckctl release " + name + "\n";
  const bool is_waiting = state == "waiting" || state == "flapping";
  if (is_waiting) text += "  systemcheckctl clear " + name + "\n";
  if (text_of(json, "mode") == "act" && state != "up" && state != "absent")
    text += "  systemcheckctl restart " + name + "\n";
  return "what helps:\n" + text;
}

}  // namespace

Result<Explanation> explanation(std::string_view document, const Style& style) {
  const auto json = parse_answer(document);
  if (!json) return json.error();
  Explanation result{.status = status_of(*json, "status")};
  result.text = fmt::format("{}: {} since {}, owner {}, mode {}\nbecause: {}\n", text_of(*json, "name"),
                            coloured(text_of(*json, "state"), style.is_coloured), text_of(*json, "since"),
                            text_of(*json, "owner"), text_of(*json, "mode"), text_of(*json, "reason"));
  result.text += probe_lines(*json) + hold_lines(*json) + next_line(*json);
  result.text += "policy: " + text_of(part_of(*json, "policy"), "text") + "\n";
  for (const auto& action : list_of(*json, "actions"))
    result.text += action_line(action) + "\n" + command_lines(action);
  if (const auto problem = text_of(*json, "history_error"); !problem.empty())
    result.text += "the history cannot be read: " + problem + "\n";
  result.text += help_lines(*json);
  return result;
}

}  // namespace systemcheck
