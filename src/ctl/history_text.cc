#include "ctl/history_text.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "base/text.h"
#include "ctl/answer.h"

namespace systemcheck {
namespace {

std::string event_line(const Json& event) {
  const auto service = text_of(event, "service");
  if (service.empty()) {
    const auto reason = text_of(event, "reason");
    return fmt::format("{}  systemcheckd: {}{}", text_of(event, "time"), text_of(event, "to"),
                       reason.empty() ? "" : ": " + reason);
  }
  // Its owner has changed, or something else that is not its state.
  if (text_of(event, "from") == text_of(event, "to"))
    return fmt::format("{}  {}: {}", text_of(event, "time"), service, text_of(event, "reason"));
  return fmt::format("{}  {}: {} -> {}: {}", text_of(event, "time"), service, text_of(event, "from"),
                     text_of(event, "to"), text_of(event, "reason"));
}

}  // namespace

std::string action_line(const Json& action) {
  const auto asked_by = text_of(action, "asked_by");
  const bool is_ordered = !asked_by.empty() && asked_by != "systemcheck";
  const auto which =
      is_ordered ? "for " + asked_by
                 : fmt::format("attempt {}", static_cast<std::uint64_t>(number_of(action, "attempt")));
  auto line = fmt::format("{}  {}: {}, {}: {}", text_of(action, "time"), text_of(action, "service"),
                          text_of(action, "verb"), which, text_of(action, "result"));
  if (action.contains("exit_status") && number_of(action, "exit_status") != 0)
    line += fmt::format(" (exit status {})", static_cast<int>(number_of(action, "exit_status")));
  if (action.contains("downtime_seconds"))
    line += fmt::format(" after {}", seconds_words(number_of(action, "downtime_seconds")));
  if (text_of(action, "mode") == "observe") line += ", would have been done";
  return line + ": " + text_of(action, "reason");
}

Result<std::string> history_text(std::string_view document, std::size_t limit) {
  const auto json = parse_answer(document);
  if (!json) return json.error();
  std::vector<std::pair<std::string, std::string>> lines;
  for (const auto& action : list_of(*json, "actions"))
    lines.emplace_back(text_of(action, "time"), action_line(action));
  for (const auto& event : list_of(*json, "events"))
    lines.emplace_back(text_of(event, "time"), event_line(event));
  // RFC 3339 in UTC sorts as it reads.
  std::stable_sort(lines.begin(), lines.end(),
                   [](const auto& a, const auto& b) { return a.first > b.first; });
  if (lines.size() > limit) lines.resize(limit);
  std::string text;
  for (const auto& [time, line] : lines)
    text += line + "\n";
  return text.empty() ? std::string("nothing has happened\n") : text;
}

}  // namespace systemcheck
