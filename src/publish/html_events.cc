#include <fmt/format.h>

#include <algorithm>

#include "publish/html.h"

namespace systemcheck {
namespace {

constexpr std::size_t shown_at_once = 15;
constexpr std::size_t shown_max = 20;

CheckStatus status_of(const EventRow& event) {
  using enum ActionResult;
  if (event.result == up || event.result == gone) return CheckStatus::ok;
  if (event.kind == EventKind::action)
    return event.result == running || event.result == observed ? CheckStatus::unknown : CheckStatus::critical;
  if (const auto status = from_word<CheckStatus>(event.what)) return *status;
  if (event.what == "up") return CheckStatus::ok;
  if (event.what == "down" || event.what == "flapping") return CheckStatus::critical;
  const bool is_half_bad = event.what == "degraded" || event.what == "overloaded" || event.what == "waiting";
  return is_half_bad ? CheckStatus::warning : CheckStatus::unknown;
}

}  // namespace

std::string html_event(const EventRow& event) {
  const auto result = event.result == ActionResult::none ? "" : fmt::format(": {}", word(event.result));
  const auto by = event.kind == EventKind::action && !event.actor.empty() && event.actor != "systemcheck"
                      ? fmt::format(" <span class=\"by\">– {}</span>", html_line(event.actor, 64))
                      : std::string();
  return fmt::format(
      "<li id=\"e-{}\">{}{}<span class=\"who\">{}</span><span class=\"said\"><span "
      "class=\"what\">{}{}</span> "
      "{}{}</span></li>\n",
      event.number, html_clock(event.at), html_sign(status_of(event)),
      event.subject.empty() ? "systemcheck" : html_line(event.subject, 64), html_line(event.what, 64), result,
      html_line(event.text, 160), by);
}

std::string events_section(const View& view) {
  std::string text =
      "<section aria-labelledby=\"events\">\n<h2 id=\"events\">Events <small>the newest first"
      "<span class=\"zone\">, times are UTC</span></small></h2>\n<ol class=\"events\">\n";
  const auto& events = *view.events;
  std::string older;
  const auto count = std::min(events.size(), shown_max);
  for (std::size_t i = 0; i < count; ++i)
    (i < shown_at_once ? text : older) += html_event(*events[events.size() - 1 - i]);
  if (events.empty()) text += "<li class=\"soft\">Nothing has happened since the daemon began.</li>\n";
  text += "</ol>\n";
  if (!older.empty())
    text += fmt::format(
        "<details id=\"older\" class=\"more\"><summary>{} more</summary>\n<ol class=\"events\">\n{}</ol>\n"
        "</details>\n",
        count - shown_at_once, older);
  return text + "</section>\n";
}

}  // namespace systemcheck
