#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "publish/html.h"
#include "publish/next_words.h"
#include "publish/relay_row.h"
#include "publish/view_words.h"

namespace systemcheck {
namespace {

/// Beyond that nobody reads on; who is wrong comes first.
constexpr std::size_t services_max = 200;
constexpr std::size_t probes_shown = 8;
constexpr std::size_t holds_shown = 4;
constexpr std::size_t events_shown = 4;

/// How it stands, as a sign: what is neither fine nor wrong is not fine.
CheckStatus sign_of(const ServiceRow& row) {
  const bool is_fine = row.state == ServiceState::up || row.status != CheckStatus::ok;
  return is_fine ? row.status : CheckStatus::unknown;
}

std::string term(std::string_view name, std::string_view said) {
  return said.empty() ? std::string() : fmt::format("<dt>{}</dt><dd>{}</dd>", name, said);
}

std::string since_element(const View& view, const ServiceRow& row) {
  return row.state_since == WallTime{} ? std::string() : html_ago(row.state_since, view.posted_at);
}

std::string use_words(const ServiceRow& row) {
  if (row.state == ServiceState::absent) return {};
  std::string words;
  if (row.processes > 0)
    words = fmt::format("<span>{:.1f}% cpu</span><span>{}</span>", row.cpu_ratio * 100,
                        bytes_words(row.resident_bytes));
  return words + fmt::format("<span>{}</span>", counted(row.restarts_total, "restart"));
}

std::string holder(const ServiceRow& row) {
  if (row.owner == Owner::systemcheck) return {};
  return fmt::format(" <span class=\"tag\">held by {}</span>", word(row.owner));
}

std::string summary(const View& view, const ServiceRow& row) {
  const auto sign = sign_of(row);
  return fmt::format(
      "<summary>{}<span class=\"who\">{}{}</span><span class=\"state {}\">{} {}</span>"
      "<span class=\"why\">{}</span><span class=\"use\">{}</span></summary>",
      html_sign(sign), html_line(row.name, 64), holder(row), word(sign), word(row.state),
      since_element(view, row), html_line(row.reason, 160), use_words(row));
}

std::string probes_list(const ServiceRow& row) {
  std::string list;
  for (std::size_t i = 0; i < row.probes.size() && i < probes_shown; ++i) {
    const auto& probe = row.probes[i].state;
    const bool is_good = probe.last == ProbeClass::ok || probe.last == ProbeClass::slow;
    const auto sign = probe.last == ProbeClass::unknown ? CheckStatus::unknown
                      : is_good                         ? CheckStatus::ok
                      : probe.is_fatal                  ? CheckStatus::critical
                                                        : CheckStatus::warning;
    list += fmt::format(
        "<li>{} {}: {} in {}{}{}</li>", html_sign(sign), html_line(probe.name, 64), word(probe.last),
        duration_words(probe.last_duration), probe.detail.empty() ? "" : ", " + html_line(probe.detail, 160),
        probe.consecutive_failures > 1 ? fmt::format(", {} times in a row", probe.consecutive_failures)
                                       : std::string());
  }
  return list.empty() ? list : "<ul>" + list + "</ul>";
}

std::string holds_list(const View& view, const ServiceRow& row) {
  std::string list;
  for (std::size_t i = 0; i < row.holds.size() && i < holds_shown; ++i) {
    const auto& hold = row.holds[i];
    list += fmt::format("<li>{} for {}{}{}</li>", word(hold.by), html_ago(hold.since, view.posted_at),
                        hold.until ? ", for another " + html_until(*hold.until, view.posted_at) : "",
                        hold.reason.empty() ? "" : ": " + html_line(hold.reason, 160));
  }
  return list.empty() ? list : "<ul>" + list + "</ul>";
}

std::string last_restart_words(const View& view, const ServiceRow& row) {
  if (!row.last_restart) return {};
  const auto outcome =
      row.last_outcome ? fmt::format(": {}", outcome_word(*row.last_outcome)) : std::string();
  const auto exit = row.last_exit == 0 ? std::string() : fmt::format(", exit status {}", row.last_exit);
  return fmt::format("{} ago, took {}{}{}", html_ago(*row.last_restart, view.posted_at),
                     duration_words(row.last_restart_duration), outcome, exit);
}

/// Only what was ever counted.
std::string suppressed_words(const ServiceRow& row) {
  std::string words;
  for (std::size_t i = 0; i < row.suppressed_total.size(); ++i) {
    if (row.suppressed_total.at(i) == 0) continue;
    if (!words.empty()) words += ", ";
    words += fmt::format("{}× {}", row.suppressed_total.at(i), Words<Suppressed>::all.at(i));
  }
  return words;
}

std::string processes_words(const View& view, const ServiceRow& row) {
  if (row.processes == 0) return {};
  return fmt::format(
      "{} process{}{}{}", row.processes, row.processes == 1 ? "" : "es",
      row.main ? fmt::format(", the main one is {}", row.main->pid) : std::string(),
      row.oldest_start ? ", the oldest runs for " + html_ago(*row.oldest_start, view.posted_at) : "");
}

std::string events_list(const View& view, const ServiceRow& row) {
  std::string list;
  std::size_t count = 0;
  for (auto event = view.events->rbegin(); event != view.events->rend() && count < events_shown; ++event) {
    if ((*event)->subject != row.name) continue;
    ++count;
    const auto result = (*event)->result;
    list += fmt::format("<li>{} {}{} {}</li>", html_clock((*event)->at), html_line((*event)->what, 64),
                        result == ActionResult::none ? "" : fmt::format(": {}", word(result)),
                        html_line((*event)->text, 120));
  }
  return list.empty() ? list : "<ul>" + list + "</ul>";
}

/// The time in it as one that counts down.
std::string next_sentence(const View& view, const ServiceRow& row) {
  auto sentence = html_text(next_words(view, row));
  const auto due = next_attempt(view, row);
  const auto text = due ? wall_time_text(*due) : std::string();
  const auto at = due ? sentence.find(text) : std::string::npos;
  if (at == std::string::npos) return sentence;
  return sentence.replace(at, text.size(), html_clock(*due) + ", in " + html_until(*due, view.posted_at));
}

std::string about(const View& view, const ServiceRow& row) {
  const bool is_well = row.state == ServiceState::up && row.status == CheckStatus::ok;
  std::string text = "<div class=\"about\">";
  text += fmt::format("<p class=\"next\">{}</p><dl>", next_sentence(view, row));
  if (!is_well) text += term("Why", html_line(row.reason, 480));
  if (row.state_since != WallTime{}) text += term("Since", html_clock(row.state_since));
  text += term("Probes", probes_list(row));
  text += term("Held by", holds_list(view, row));
  text += term("Last restart", last_restart_words(view, row));
  text += term("Held back", suppressed_words(row));
  text += term("Processes", processes_words(view, row));
  if (row.mode != view.daemon.mode) text += term("Mode", word(row.mode));
  if (!is_well && row.mode == Mode::act && row.state != ServiceState::absent)
    text += term("Policy", policy_words(view.config->restart_policy));
  text += term("Events", events_list(view, row));
  text += fmt::format("<dt>More</dt><dd><code>systemcheckctl explain {}</code></dd></dl>",
                      html_line(row.name, 64));
  // The relay has no process that could be started.
  if (row.name != relay_service_name)
    text += fmt::format("<p class=\"acts\" id=\"{}-acts\" hidden></p>", html_anchor(row.name));
  return text + "</div>";
}

std::string service_item(const View& view, const ServiceRow& row) {
  const auto anchor = html_anchor(row.name);
  return fmt::format("<li id=\"{}\" data-service=\"{}\" data-state=\"{}\"><details>{}{}</details></li>\n",
                     anchor, html_line(row.name, 64), word(row.state), summary(view, row), about(view, row));
}

/// "12 up, 1 down"
std::string tally(const View& view) {
  std::array<std::size_t, Words<ServiceState>::all.size()> counts{};
  for (const auto& row : view.services)
    ++counts.at(static_cast<std::size_t>(row.state) - 1);
  std::string text;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    if (counts.at(i) == 0) continue;
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", counts.at(i), Words<ServiceState>::all.at(i));
  }
  return text;
}

}  // namespace

std::string services_section(const View& view) {
  auto text = fmt::format(
      "<section aria-labelledby=\"services\">\n<h2 id=\"services\">Services <small>{}</small></h2>\n",
      tally(view));
  const auto rows = gravest_first(view);
  if (rows.empty())
    return text + "<p class=\"soft\">None is configured, and none was discovered.</p>\n</section>\n";
  text += "<ul class=\"services\">\n";
  for (std::size_t i = 0; i < rows.size() && i < services_max; ++i)
    text += service_item(view, *rows[i]);
  text += "</ul>\n";
  if (rows.size() > services_max)
    text += fmt::format(
        "<p class=\"note\">… and {} more, which are no worse: <a href=\"/api/v1/services\">all of "
        "them</a></p>\n",
        rows.size() - services_max);
  return text + "</section>\n";
}

}  // namespace systemcheck
