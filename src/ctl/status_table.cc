#include "ctl/status_table.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

#include "base/text.h"
#include "ctl/answer.h"

namespace systemcheck {
namespace {

using Row = std::vector<std::string>;

constexpr std::size_t reason_width_min = 16;

/// "2026-11-22T18:20:00Z", RFC 3339 as the daemon writes it.
std::optional<WallTime> parse_wall_time(std::string_view text) {
  if (text.size() != 20) return std::nullopt;
  const auto number = [&](std::size_t at, std::size_t length) {
    return parse_number<int>(text.substr(at, length)).value_or(-1);
  };
  const std::chrono::year_month_day day{std::chrono::year{number(0, 4)},
                                        std::chrono::month{static_cast<unsigned>(number(5, 2))},
                                        std::chrono::day{static_cast<unsigned>(number(8, 2))}};
  if (!day.ok()) return std::nullopt;
  return std::chrono::sys_days{day} + std::chrono::hours{number(11, 2)} +
         std::chrono::minutes{number(14, 2)} + std::chrono::seconds{number(17, 2)};
}

std::uint64_t count_of(const Json& json, const char* key) {
  return static_cast<std::uint64_t>(number_of(json, key));
}

bool has_number(const Json& json, const char* key) { return json.contains(key) && json[key].is_number(); }

std::string age_of(const Json& json, const char* key, WallTime now) {
  const auto time = parse_wall_time(text_of(json, key));
  return time ? duration_words(std::max(Duration{}, now - *time)) : std::string("-");
}

std::string head_line(const Json& json, WallTime now) {
  const auto status = text_of(json, "status_text");
  return fmt::format("systemcheck {}, cycle {}, collected {} ago, mode {}\nstatus: {}\n",
                     text_of(json, "version"), count_of(json, "cycle"), age_of(json, "collected", now),
                     text_of(json, "mode"), status.empty() ? text_of(json, "status") : status);
}

std::string load_line(const Json& load) {
  if (!has_number(load, "1")) return "load: not known: " + text_of(load, "error") + "\n";
  return fmt::format("load: {:.2f} {:.2f} {:.2f} ({:.2f} per processor)\n", number_of(load, "1"),
                     number_of(load, "5"), number_of(load, "15"), number_of(load, "per_cpu"));
}

std::string memory_line(const Json& memory) {
  if (!has_number(memory, "total_bytes")) return "memory: not known: " + text_of(memory, "error") + "\n";
  return fmt::format("memory: {} of {} usable ({:.0f}%)\n", bytes_words(count_of(memory, "available_bytes")),
                     bytes_words(count_of(memory, "total_bytes")), 100 * number_of(memory, "usable_ratio"));
}

Row service_row(const Json& service, WallTime now) {
  return {text_of(service, "name"),
          text_of(service, "state"),
          age_of(service, "since", now),
          text_of(service, "mode"),
          fmt::format("{}", count_of(service, "processes")),
          bytes_words(count_of(service, "resident_bytes")),
          fmt::format("{:.1f}%", 100 * number_of(service, "cpu_ratio")),
          fmt::format("{}", count_of(service, "restarts_total")),
          text_of(service, "reason")};
}

Row file_system_row(const Json& file_system) {
  if (!has_number(file_system, "size_bytes")) {
    return {text_of(file_system, "name"),   text_of(file_system, "type"), "-", "-",
            text_of(file_system, "status"), text_of(file_system, "error")};
  }
  return {text_of(file_system, "name"),
          text_of(file_system, "type"),
          bytes_words(count_of(file_system, "size_bytes")),
          fmt::format("{:.0f}%", 100 * number_of(file_system, "used_ratio")),
          text_of(file_system, "status"),
          file_system.value("is_read_only", false) ? "read-only" : ""};
}

/// Columns as wide as their widest cell; the last one takes what is left of the width.
std::string table(const std::vector<Row>& rows, std::size_t width) {
  std::vector<std::size_t> widths(rows.front().size(), 0);
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i)
      widths[i] = std::max(widths[i], row[i].size());
  }
  std::string text;
  for (const auto& row : rows) {
    std::string line;
    for (std::size_t i = 0; i + 1 < row.size(); ++i)
      line += fmt::format("{:<{}}  ", row[i], widths[i]);
    const auto rest = width > line.size() + reason_width_min ? width - line.size() : reason_width_min;
    line += row.back().size() <= rest ? row.back() : printable(row.back(), rest - 1);
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + "\n";
  }
  return text;
}

std::string services_text(const Json& services, std::size_t width, WallTime now) {
  if (!services.is_array() || services.empty()) return "\nno services are watched\n";
  std::vector<Row> rows{
      {"SERVICE", "STATE", "SINCE", "MODE", "PROCS", "MEMORY", "CPU", "RESTARTS", "REASON"}};
  for (const auto& service : services)
    rows.push_back(service_row(service, now));
  return "\n" + table(rows, width);
}

std::string file_systems_text(const Json& file_systems, std::size_t width) {
  if (!file_systems.is_array() || file_systems.empty()) return {};
  std::vector<Row> rows{{"FILE SYSTEM", "TYPE", "SIZE", "USED", "STATUS", ""}};
  for (const auto& file_system : file_systems)
    rows.push_back(file_system_row(file_system));
  return "\n" + table(rows, width);
}

}  // namespace

Result<StatusTable> status_table(std::string_view document, std::size_t width, WallTime now) {
  const auto json = Json::parse(document, nullptr, false);
  if (!json.is_object()) return Error{Error::Kind::malformed, "the daemon's answer is no JSON document"};
  if (json.contains("error")) return Error{Error::Kind::refused, text_of(json, "error")};
  const Json nothing = Json::object();
  const auto part = [&](const char* key) -> const Json& { return json.contains(key) ? json[key] : nothing; };
  StatusTable result;
  result.status = from_word<CheckStatus>(text_of(json, "status")).value_or(CheckStatus::unknown);
  result.text = head_line(json, now) + load_line(part("load")) + memory_line(part("memory")) +
                services_text(part("services"), width, now) + file_systems_text(part("file_systems"), width);
  return result;
}

}  // namespace systemcheck
