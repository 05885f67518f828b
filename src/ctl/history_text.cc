#include "ctl/history_text.h"

#include <fmt/core.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "base/text.h"

namespace systemcheck {
namespace {

using Json = nlohmann::json;

std::string text_of(const Json& json, const char* key) {
  const auto found = json.find(key);
  // The daemon has made it printable; whoever else answers has not.
  return found != json.end() && found->is_string() ? printable(found->get<std::string>(), 1024)
                                                   : std::string{};
}

double number_of(const Json& json, const char* key) {
  const auto found = json.find(key);
  return found != json.end() && found->is_number() ? found->get<double>() : 0.0;
}

std::string seconds_words(double seconds) {
  constexpr double longest = 1e9;  // 30 years: what a Duration holds without overflow.
  const std::chrono::duration<double> duration{std::clamp(seconds, 0.0, longest)};
  return duration_words(std::chrono::duration_cast<Duration>(duration));
}

Result<Json> parse_answer(std::string_view document) {
  auto json = Json::parse(document, nullptr, false);
  if (!json.is_object()) return Error{Error::Kind::malformed, "the daemon's answer is no JSON document"};
  if (json.contains("error")) return Error{Error::Kind::failed, text_of(json, "error")};
  return json;
}

std::string action_line(const Json& action) {
  auto line = fmt::format("{}  {}: {}, attempt {}: {}", text_of(action, "time"), text_of(action, "service"),
                          text_of(action, "verb"), static_cast<std::uint64_t>(number_of(action, "attempt")),
                          text_of(action, "result"));
  if (action.contains("exit_status") && number_of(action, "exit_status") != 0)
    line += fmt::format(" (exit status {})", static_cast<int>(number_of(action, "exit_status")));
  if (action.contains("downtime_seconds"))
    line += fmt::format(" after {}", seconds_words(number_of(action, "downtime_seconds")));
  if (text_of(action, "mode") == "observe") line += ", would have been done";
  return line + ": " + text_of(action, "reason");
}

std::string event_line(const Json& event) {
  const auto service = text_of(event, "service");
  if (service.empty())
    return fmt::format("{}  systemcheckd: {}", text_of(event, "time"), text_of(event, "to"));
  return fmt::format("{}  {}: {} -> {}: {}", text_of(event, "time"), service, text_of(event, "from"),
                     text_of(event, "to"), text_of(event, "reason"));
}

const Json& list_of(const Json& json, const char* key) {
  static const Json nothing = Json::array();
  const auto found = json.find(key);
  return found != json.end() && found->is_array() ? *found : nothing;
}

std::string command_lines(const Json& action) {
  std::string text;
  if (const auto command = text_of(action, "command"); !command.empty())
    text += "    command: " + command + "\n";
  if (const auto detail = text_of(action, "detail"); !detail.empty()) text += "    it said: " + detail + "\n";
  return text;
}

std::string policy_line(const Json& json) {
  const auto found = json.find("policy");
  if (found == json.end() || !found->is_object()) return {};
  return fmt::format("policy: first after {}, then {} doubling to {}, forgotten after {} of health\n",
                     seconds_words(number_of(*found, "first_seconds")),
                     seconds_words(number_of(*found, "backoff_seconds")),
                     seconds_words(number_of(*found, "backoff_max_seconds")),
                     seconds_words(number_of(*found, "reset_after_seconds")));
}

}  // namespace

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

Result<Explanation> explanation(std::string_view document) {
  const auto json = parse_answer(document);
  if (!json) return json.error();
  Explanation result;
  result.status = from_word<CheckStatus>(text_of(*json, "status")).value_or(CheckStatus::unknown);
  result.text = fmt::format("{}: {} since {}, owner {}, mode {}\nbecause: {}\n", text_of(*json, "name"),
                            text_of(*json, "state"), text_of(*json, "since"), text_of(*json, "owner"),
                            text_of(*json, "mode"), text_of(*json, "reason"));
  result.text += policy_line(*json);
  const auto wait = number_of(*json, "next_attempt_seconds");
  if (wait > 0) result.text += "next attempt in " + seconds_words(wait) + "\n";
  for (const auto& action : list_of(*json, "actions"))
    result.text += action_line(action) + "\n" + command_lines(action);
  if (const auto problem = text_of(*json, "history_error"); !problem.empty())
    result.text += "the history cannot be read: " + problem + "\n";
  return result;
}

}  // namespace systemcheck
