#include <fmt/format.h>

#include <algorithm>

#include "publish/html.h"
#include "publish/view_words.h"

namespace systemcheck {
namespace {

constexpr std::size_t disks_shown = 3;
/// The page must stay readable, and its size bounded, whatever the machine has mounted.
constexpr std::size_t disks_max = 100;

std::string card(std::string_view title, CheckStatus status, std::string_view body) {
  const auto said = status == CheckStatus::ok ? std::string()
                                              : fmt::format(R"(<span class="{}">{} {}</span>)", word(status),
                                                            html_sign(status), word(status));
  return fmt::format("<li class=\"card\"><h3>{}{}</h3>{}</li>\n", title, said, body);
}

std::string unreadable(const Error& error) {
  return fmt::format("<p class=\"soft\">{}</p>", html_line(error.message));
}

std::string memory_card(const View& view) {
  const auto& memory = view.snapshot->facts.of<Memory>();
  if (!memory) return card("Memory", view.memory_status, unreadable(memory.error()));
  const auto total = static_cast<double>(memory->total_bytes);
  const double least = view.config->memory.warn.bytes_of(total) / total;
  return card(
      "Memory", view.memory_status,
      fmt::format("<p class=\"value\">{:.0f}% <small>usable</small></p>{}<p class=\"soft\">{} of {}</p>",
                  memory->usable_ratio() * 100,
                  html_bar(1 - memory->usable_ratio(), view.memory_status, 1 - least),
                  bytes_words(memory->usable_bytes()), bytes_words(memory->total_bytes)));
}

std::string load_card(const View& view) {
  const auto& load = view.snapshot->facts.of<Load>();
  if (!load) return card("Load", view.load_status, unreadable(load.error()));
  const auto per_cpu = load_per_cpu(view.snapshot->facts);
  const auto& cpu = view.snapshot->facts.of<Cpu>();
  const double full = 1.5 * std::max(view.config->load.warn_per_cpu, 0.01);
  const auto value = per_cpu ? fmt::format("{:.2f} <small>per processor</small>", *per_cpu)
                             : fmt::format("{:.2f}", load->one_minute);
  const auto bar = per_cpu ? html_bar(*per_cpu / full, view.load_status, 1 / 1.5) : std::string();
  const auto processors = cpu ? " on " + counted(cpu->online, "processor") : std::string();
  return card(
      "Load", view.load_status,
      fmt::format("<p class=\"value\">{}</p>{}<p class=\"soft\">{:.2f}, {:.2f}, {:.2f} over 1, 5 and 15 "
                  "minutes{}</p>",
                  value, bar, load->one_minute, load->five_minutes, load->fifteen_minutes, processors));
}

std::string disk_row(const View& view, const FileSystemRow& row) {
  const auto& disks = view.snapshot->facts.of<Disks>();
  const auto name = html_line(row.name, 64);
  const auto line = [&](std::string_view said, std::string_view bar) {
    return fmt::format("<li><span><span>{}{}</span><span>{}</span></span>{}</li>",
                       row.status == CheckStatus::ok ? "" : html_sign(row.status) + " ", name, said, bar);
  };
  if (!disks || row.index >= disks->file_systems.size()) return line("not read", "");
  const auto& disk = disks->file_systems[row.index];
  if (!disk.usage) return line(html_line(disk.usage.error().message, 80), "");
  const bool is_of_inodes = disk.inodes_ratio() > disk.used_ratio();
  const double share = std::max(disk.used_ratio(), disk.inodes_ratio());
  return line(fmt::format("{:.0f}% {}, {} free", share * 100, is_of_inodes ? "of its inodes" : "full",
                          bytes_words(disk.usage->available_bytes)),
              html_bar(share, row.status, view.config->disks.warn));
}

std::string disks_card(const View& view) {
  const auto rows = fullest_first(view);
  auto worst = CheckStatus::ok;
  for (const auto* row : rows)
    worst = std::max(worst, row->status);
  std::string body = "<ul class=\"rows\">";
  std::string others;
  for (std::size_t i = 0; i < rows.size() && i < disks_max; ++i)
    (i < disks_shown ? body : others) += disk_row(view, *rows[i]);
  body += "</ul>";
  if (rows.empty()) body = "<p class=\"soft\">none is known</p>";
  if (!others.empty())
    body += fmt::format(
        "<details id=\"disks\"><summary>{} more</summary><ul class=\"rows\">{}</ul>{}</details>",
        rows.size() - disks_shown, others,
        rows.size() > disks_max ? fmt::format("<p class=\"soft\">… and {} more.</p>", rows.size() - disks_max)
                                : std::string());
  return card("Disks", worst, body);
}

std::string pressure_card(const View& view) {
  const auto& pressure = view.snapshot->facts.of<Pressure>();
  if (!pressure) return card("Pressure", CheckStatus::unknown, unreadable(pressure.error()));
  if (!pressure->is_available)
    return card("Pressure", CheckStatus::ok, "<p class=\"soft\">This kernel does not tell.</p>");
  std::string body = "<ul class=\"rows\">";
  const auto add = [&](std::string_view name, const PressureTotals& totals) {
    body += fmt::format("<li><span><span>{}</span><span>{:.1f}%</span></span>{}</li>", name,
                        totals.waiting_ratio * 100, html_bar(totals.waiting_ratio, CheckStatus::ok));
  };
  add("processors", pressure->cpu);
  add("memory", pressure->memory);
  add("disks", pressure->io);
  return card("Waited for, last minute", CheckStatus::ok, body + "</ul>");
}

}  // namespace

std::string glance_section(const View& view) {
  return "<section aria-labelledby=\"machine\">\n<h2 id=\"machine\" class=\"unseen\">The machine</h2>\n<ul "
         "class=\"glance\">\n" +
         memory_card(view) + load_card(view) + disks_card(view) + pressure_card(view) + "</ul>\n</section>\n";
}

}  // namespace systemcheck
