#include "publish/http_page.h"

#include <fmt/format.h>

#include <algorithm>

#include "publish/html.h"
#include "publish/page_files.h"

namespace systemcheck {
namespace {

constexpr std::size_t problems_max = 8;

// The shapes differ, not only the colours.
constexpr std::string_view signs = R"~(<svg class="signs" width="0" height="0" aria-hidden="true"><defs>
<symbol id="sign-ok" viewBox="0 0 16 16"><circle cx="8" cy="8" r="7.5" fill="currentColor"/><path d="m4.7 8.3 2.3 2.3 4.4-4.8" fill="none" stroke="var(--card)" stroke-width="1.8" stroke-linecap="round" stroke-linejoin="round"/></symbol>
<symbol id="sign-warning" viewBox="0 0 16 16"><path d="M8 1 15.5 14.5H.5z" fill="currentColor" stroke="currentColor" stroke-linejoin="round"/><path d="M8 6v4m0 2.4v.1" stroke="var(--card)" stroke-width="1.8" stroke-linecap="round"/></symbol>
<symbol id="sign-critical" viewBox="0 0 16 16"><path d="M5 .5h6L15.5 5v6L11 15.5H5L.5 11V5z" fill="currentColor"/><path d="m5.4 5.4 5.2 5.2m0-5.2-5.2 5.2" stroke="var(--card)" stroke-width="1.8" stroke-linecap="round"/></symbol>
<symbol id="sign-unknown" viewBox="0 0 16 16"><circle cx="8" cy="8" r="6.75" fill="none" stroke="currentColor" stroke-width="1.5" stroke-dasharray="2.4 1.8"/><circle cx="8" cy="8" r="2" fill="currentColor"/></symbol>
</defs></svg>
)~";

std::string_view color_of(CheckStatus status) {
  switch (status) {
    case CheckStatus::ok:
      return "1a7447";
    case CheckStatus::warning:
      return "c98500";
    case CheckStatus::critical:
      return "b9222d";
    default:
      return "77808c";
  }
}

struct Problem {
  CheckStatus status = CheckStatus::unknown;
  std::string name{};
  std::string state{};
  std::string reason{};
  std::string anchor{};  ///< empty: none
};

std::vector<Problem> problems_of(const View& view) {
  std::vector<Problem> problems;
  const auto add = [&](Problem problem) {
    if (problem.status == CheckStatus::critical || problem.status == CheckStatus::warning)
      problems.push_back(std::move(problem));
  };
  for (const auto* row : gravest_first(view))
    add({.status = row->status,
         .name = row->name,
         .state = std::string(word(row->state)),
         .reason = row->reason,
         .anchor = html_anchor(row->name)});
  add({.status = view.memory_status, .name = "memory", .state = std::string(word(view.memory_status))});
  add({.status = view.load_status, .name = "load", .state = std::string(word(view.load_status))});
  for (const auto& row : view.file_systems)
    add({.status = row.status, .name = row.name, .state = std::string(word(row.status))});
  std::ranges::stable_sort(problems, std::ranges::greater{}, &Problem::status);
  return problems;
}

std::string verdict_words(const View& view, const std::vector<Problem>& problems) {
  if (view.snapshot->cycle == 0) return "Nothing has been collected yet.";
  const auto count = [&](CheckStatus status) {
    return static_cast<std::size_t>(std::ranges::count(problems, status, &Problem::status));
  };
  const auto wrong = count(CheckStatus::critical);
  const auto doubtful = count(CheckStatus::warning);
  const auto are = [](std::size_t n) { return n == 1 ? "is" : "are"; };
  if (wrong > 0 && doubtful > 0)
    return fmt::format("{} {} wrong, {} {} a look", counted(wrong, "thing"), are(wrong), doubtful,
                       doubtful == 1 ? "needs" : "need");
  if (wrong > 0) return fmt::format("{} {} wrong", counted(wrong, "thing"), are(wrong));
  if (doubtful > 0)
    return fmt::format("{} {} a look", counted(doubtful, "thing"), doubtful == 1 ? "needs" : "need");
  return view.status == CheckStatus::ok ? "All is well" : "Not everything is known";
}

std::string problems_list(const std::vector<Problem>& problems) {
  if (problems.empty()) return {};
  std::string list = "<ul class=\"problems\">\n";
  for (std::size_t i = 0; i < problems.size() && i < problems_max; ++i) {
    const auto& problem = problems[i];
    const auto name = html_line(problem.name, 64);
    list += fmt::format("<li>{} {} {}{}</li>\n", html_sign(problem.status),
                        problem.anchor.empty() ? "<b>" + name + "</b>"
                                               : fmt::format("<a href=\"#{}\">{}</a>", problem.anchor, name),
                        problem.state, problem.reason.empty() ? "" : ": " + html_line(problem.reason, 160));
  }
  if (problems.size() > problems_max)
    list += fmt::format("<li>… and {} more</li>\n", problems.size() - problems_max);
  return list + "</ul>\n";
}

std::string mode_words(Mode mode) {
  if (mode == Mode::act) return "What has died is restarted (mode act).";
  return mode == Mode::observe ? "It is only watched and told; nothing is touched (mode observe)."
                               : "Nothing is decided or touched (mode disabled).";
}

/// What is read aloud when it changes is the first line alone.
std::string verdict_section(const View& view, Freshness freshness) {
  const auto problems = problems_of(view);
  const auto status = freshness == Freshness::stale && view.snapshot->cycle != 0
                          ? std::max(view.status, CheckStatus::warning)
                          : view.status;
  auto text = fmt::format(
      "<section id=\"verdict\" class=\"verdict {0}\" aria-label=\"Verdict\">\n<div "
      "role=\"status\"><h1>{1}<span>{2}"
      "</span></h1></div>\n",
      word(status), html_sign(status), verdict_words(view, problems));
  if (view.snapshot->cycle != 0 && freshness == Freshness::stale)
    text += fmt::format("<p><b>These facts are old: the last cycle was at {}.</b></p>\n",
                        wall_time_text(view.snapshot->taken_at));
  text += problems_list(problems);
  return text + fmt::format("<p>{}{}</p>\n</section>\n", mode_words(view.daemon.mode),
                            view.daemon.are_actions_disabled ? " <b>The kill switch is set.</b>" : "");
}

/// The address of what changes only with the program: it may be kept for good.
std::string versioned(std::string_view path, std::string_view text) {
  return fmt::format("{}?v={}", path, html_anchor(text).substr(2));
}

std::string head(const View& view) {
  return fmt::format(
      R"(<!DOCTYPE html>
<html lang="en" data-sequence="{0}" data-status="{1}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<noscript><meta http-equiv="refresh" content="30"></noscript>
<title>{1} – systemcheck</title>
<link rel="icon" href="data:image/svg+xml,%3Csvg xmlns='http%3A//www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Ccircle cx='8' cy='8' r='7' fill='%23{2}'/%3E%3C/svg%3E">
<link rel="stylesheet" href="{3}">
<script src="{4}" defer></script>
</head>
<body>
)",
      view.sequence, word(view.status), color_of(view.status), versioned("/style.css", style_css),
      versioned("/script.js", script_js));
}

std::string page_header(const View& view) {
  return fmt::format(
      R"(<a class="skip" href="#services">Skip to the services</a>
{}<header>
<span class="name">systemcheck <span class="soft" id="host"></span></span>
<nav aria-label="Sections"><a href="#services">Services</a><a href="#day">Last 24 hours</a><a href="#events">Events</a></nav>
<p class="live" id="live"><span id="how"></span> as of {} ({} ago)</p>
</header>
<main>
<p class="lost" id="lost" hidden><b>The daemon does not answer</b>; <span></span>. What is below was so then.</p>
)",
      signs, html_clock(view.posted_at), html_ago(view.posted_at, view.posted_at));
}

std::string page_footer(const View& view) {
  return fmt::format(
      R"(</main>
<footer>
<span>systemcheck {}, cycle {}, one each {}</span>
<a href="/metrics">metrics for Prometheus</a> <a href="/api/v1/status">status as JSON</a>
<a href="/api/v1/openapi.json">the API</a> <a href="/-/healthy">healthy</a> <a href="/-/ready">ready</a>
</footer>
</body>
</html>
)",
      html_text(view.daemon.version), view.snapshot->cycle, duration_words(view.daemon.cycle_interval));
}

}  // namespace

std::string html_page(const View& view, Freshness freshness) {
  return head(view) + page_header(view) + verdict_section(view, freshness) + glance_section(view) +
         services_section(view) + charts_section(view) + events_section(view) + page_footer(view);
}

}  // namespace systemcheck
