#include "publish/http_page.h"

#include <fmt/format.h>

#include "publish/view_words.h"

namespace systemcheck {
namespace {

// The page must stay readable, and its size bounded, whatever the machine has mounted.
constexpr std::size_t rows_max = 500;

constexpr std::string_view head = R"(<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="refresh" content="60">
<title>systemcheck</title>
<style>
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 70rem; padding: 0 1rem; }
h1 { font-size: 1.4rem; } h2 { font-size: 1.1rem; margin-top: 2rem; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: .3rem .8rem .3rem 0; border-bottom: 1px solid #8886; vertical-align: top; }
td.number, th.number { text-align: right; }
.ok { color: #1a7f37; } .warning { color: #9a6700; } .critical { color: #cf222e; } .unknown { color: #777; }
.critical, .warning, .stale { font-weight: 600; }
.stale { border: 2px solid #cf222e; padding: .5rem 1rem; }
footer { margin-top: 2rem; color: #777; }
</style>
</head>
<body>
)";

constexpr std::string_view foot = R"(<footer>
<a href="/metrics">metrics for Prometheus</a> · <a href="/-/healthy">healthy</a> · <a href="/-/ready">ready</a>
</footer>
</body>
</html>
)";

std::string colored(CheckStatus status, std::string_view text) {
  return fmt::format(R"(<span class="{}">{}</span>)", word(status), html_text(text));
}

std::string row(std::string_view name, CheckStatus status, std::string_view text) {
  return fmt::format("<tr><th>{}</th><td>{}</td><td>{}</td></tr>\n", html_text(name),
                     colored(status, word(status)), html_text(text));
}

std::string load_text(const Snapshot& snapshot) {
  const auto& load = snapshot.facts.of<Load>();
  if (!load) return load.error().message;
  auto text = fmt::format("{:.2f}, {:.2f}, {:.2f} over 1, 5 and 15 minutes", load->one_minute,
                          load->five_minutes, load->fifteen_minutes);
  const auto per_cpu = load_per_cpu(snapshot.facts);
  if (per_cpu) text += fmt::format("; {:.2f} for each processor", *per_cpu);
  return text;
}

std::string memory_text(const Snapshot& snapshot) {
  const auto& memory = snapshot.facts.of<Memory>();
  if (!memory) return memory.error().message;
  return fmt::format("{} of {} usable ({:.0f}%)", bytes_words(memory->available_bytes),
                     bytes_words(memory->total_bytes), memory->usable_ratio() * 100);
}

std::string file_system_text(const Snapshot& snapshot, const FileSystemRow& file_system) {
  const auto& disks = snapshot.facts.of<Disks>();
  if (!disks || file_system.index >= disks->file_systems.size()) return "not read";
  const auto& usage = disks->file_systems[file_system.index].usage;
  if (!usage) return usage.error().message;
  return fmt::format("{} of {} available", bytes_words(usage->available_bytes),
                     bytes_words(usage->size_bytes));
}

std::string too_many(std::size_t count) {
  if (count <= rows_max) return {};
  return fmt::format("<p>… and {} more.</p>\n", count - rows_max);
}

std::string machine_table(const View& view) {
  std::string text = "<h2>Machine</h2>\n<table>\n";
  text += row("memory", view.memory_status, memory_text(*view.snapshot));
  text += row("load", view.load_status, load_text(*view.snapshot));
  for (std::size_t i = 0; i < view.file_systems.size() && i < rows_max; ++i) {
    const auto& file_system = view.file_systems[i];
    text += row(file_system.name, file_system.status, file_system_text(*view.snapshot, file_system));
  }
  return text + "</table>\n" + too_many(view.file_systems.size());
}

std::string service_line(const ServiceRow& service) {
  return fmt::format(
      "<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td>"
      "<td class=\"number\">{}</td><td class=\"number\">{}</td><td class=\"number\">{}</td></tr>\n",
      html_text(service.name), colored(service.status, word(service.state)), html_text(service.reason),
      wall_time_text(service.state_since), word(service.mode), service.processes,
      bytes_words(service.resident_bytes), service.restarts_total);
}

std::string services_table(const View& view) {
  if (view.services.empty())
    return "<h2>Services</h2>\n<p>None is configured, and none was discovered.</p>\n";
  std::string text =
      "<h2>Services</h2>\n<table>\n<tr><th>service</th><th>state</th><th>reason</th><th>since</th><th>mode</"
      "th>"
      "<th class=\"number\">processes</th><th class=\"number\">memory</th><th "
      "class=\"number\">restarts</th></tr>\n";
  for (std::size_t i = 0; i < view.services.size() && i < rows_max; ++i)
    text += service_line(view.services[i]);
  return text + "</table>\n" + too_many(view.services.size());
}

std::string age_text(const View& view, Freshness freshness) {
  if (view.snapshot->cycle == 0) return "<p>Nothing has been collected yet.</p>\n";
  const auto taken_at = wall_time_text(view.snapshot->taken_at);
  if (freshness == Freshness::stale)
    return fmt::format("<p class=\"stale\">These facts are old: the last cycle was at {}.</p>\n", taken_at);
  return fmt::format("<p>Cycle {}, {}; mode {}; version {}.</p>\n", view.snapshot->cycle, taken_at,
                     word(view.daemon.mode), html_text(view.daemon.version));
}

}  // namespace

std::string html_text(std::string_view text) {
  std::string escaped;
  for (const char c : published_text(text)) {
    switch (c) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      case '\'':
        escaped += "&#39;";
        break;
      default:
        escaped += c;
    }
  }
  return escaped;
}

std::string html_page(const View& view, Freshness freshness) {
  std::string page(head);
  page += fmt::format("<h1>systemcheck: {}</h1>\n", colored(view.status, word(view.status)));
  if (!view.status_text.empty()) page += fmt::format("<p>{}</p>\n", html_text(view.status_text));
  page += age_text(view, freshness);
  page += machine_table(view);
  page += services_table(view);
  page += foot;
  return page;
}

}  // namespace systemcheck
