#include "ctl/top_page.h"

#include <fmt/core.h>

#include <algorithm>
#include <string_view>

#include "base/text.h"
#include "ctl/status_table.h"

namespace systemcheck {
namespace {

/// Services may have this share of the screen; the worst are first, so that what is left out is well.
constexpr std::size_t services_part = 3;

const Json& part_of(const Json& json, const char* key) {
  static const Json nothing = Json::object();
  const auto found = json.find(key);
  return found != json.end() && found->is_object() ? *found : nothing;
}

void add_lines(std::vector<std::string>& lines, std::string_view text) {
  while (!text.empty())
    lines.emplace_back(take_line(text));
}

std::string pressure_line(const Json& status) {
  const auto& pressure = part_of(status, "pressure");
  if (pressure.empty()) return "pressure: the kernel does not tell\n";
  std::string text = "waited in the last minute:";
  for (const auto* key : {"cpu", "memory", "io"}) {
    text += fmt::format("{} for {} {:.1f}%", text.ends_with(':') ? "" : ",", key,
                        100 * number_of(part_of(pressure, key), "waiting_ratio"));
  }
  return text + "\n";
}

std::string shedding_line(const Json& status) {
  const auto& shedding = part_of(status, "shedding");
  if (shedding.empty()) return {};
  return fmt::format("shedding: {}, mode {}: {}\n", text_of(shedding, "state"), text_of(shedding, "mode"),
                     text_of(shedding, "text"));
}

std::vector<Json> worst_first(const Json& status) {
  auto services = array_of(status, "services");
  std::ranges::stable_sort(services, std::greater{}, [](const Json& it) { return status_of(it, "status"); });
  return services;
}

std::string cut(std::string line, std::size_t columns) {
  // Only what has no colours in it is cut: states are short.
  if (line.find('\x1b') != std::string::npos || shown_width(line) <= columns) return line;
  std::size_t end = 0;
  for (std::size_t shown = 0; end < line.size(); ++end) {
    const bool begins_letter = (static_cast<unsigned char>(line[end]) & 0xc0U) != 0x80U;
    if (begins_letter && shown++ == columns) break;
  }
  return line.substr(0, end);
}

std::vector<std::string> head(const TopSight& sight, const TopView& view, WallTime now) {
  std::vector<std::string> lines;
  const Style style{.width = view.columns, .is_coloured = view.is_coloured};
  if (!sight.status.empty()) {
    add_lines(lines, machine_lines(sight.status, style, now));
    add_lines(lines, pressure_line(sight.status));
    add_lines(lines, shedding_line(sight.status));
  }
  if (!sight.problem.empty()) lines.push_back(sight.problem);
  return lines;
}

}  // namespace

std::vector<std::string> top_page(const TopSight& sight, const TopView& view, WallTime now,
                                  const ProcessWords& words) {
  const Style style{.width = view.columns, .is_coloured = view.is_coloured};
  const bool is_endless = view.rows == 0;
  auto lines = head(sight, view, now);
  lines.emplace_back();
  std::vector<std::string> services;
  if (const auto all = worst_first(sight.status); !all.empty())
    add_lines(services, services_text(all, style, now));
  const auto room = is_endless ? services.size() : std::max<std::size_t>(2, view.rows / services_part);
  const bool are_all = services.size() <= room;
  if (!are_all) services.resize(room - 1);
  lines.insert(lines.end(), services.begin(), services.end());
  if (!are_all) lines.emplace_back("… (systemcheckctl services shows all)");

  lines.push_back(picture_line(sight.processes, now) +
                  (is_endless ? std::string() : ", by " + view.order + "   " + sight.note));
  const auto processes = ps_lines(sight.processes, is_endless ? 0 : view.columns, now, words);
  lines.push_back(processes.front());
  for (std::size_t i = view.first + 1; i < processes.size(); ++i) {
    if (!is_endless && lines.size() + 1 >= view.rows) break;
    lines.push_back(processes[i]);
  }
  if (is_endless) return lines;
  lines.resize(std::max<std::size_t>(1, std::min(lines.size(), view.rows - 1)));
  lines.emplace_back("q quit  c cpu  m memory  p pid  r new picture  arrows, page up and down scroll");
  for (auto& line : lines)
    line = cut(std::move(line), view.columns);
  return lines;
}

}  // namespace systemcheck
