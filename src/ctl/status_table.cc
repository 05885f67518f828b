#include "ctl/status_table.h"

#include <fmt/core.h>

#include <algorithm>
#include <iterator>
#include <set>

#include "base/text.h"

namespace systemcheck {
namespace {

std::uint64_t count_of(const Json& json, const char* key) {
  return static_cast<std::uint64_t>(std::max(0.0, number_of(json, key)));
}

std::string head_line(const Json& json, const Style& style, WallTime now) {
  const auto status = text_of(json, "status");
  auto words = text_of(json, "status_text");
  if (words.starts_with(status)) words.erase(0, status.size());
  return fmt::format("systemcheck {}, cycle {}, collected {} ago, mode {}\nstatus: {}{}\n",
                     text_of(json, "version"), count_of(json, "cycle"), age_of(json, "collected", now),
                     text_of(json, "mode"), coloured(status, style.is_coloured), words);
}

std::string load_line(const Json& load) {
  if (!has_number(load, "1")) return "load: not known: " + text_of(load, "error") + "\n";
  return fmt::format("load: {:.2f} {:.2f} {:.2f} ({:.2f} per processor)\n", number_of(load, "1"),
                     number_of(load, "5"), number_of(load, "15"), number_of(load, "per_cpu"));
}

std::string memory_line(const Json& memory) {
  if (!has_number(memory, "total_bytes")) return "memory: not known: " + text_of(memory, "error") + "\n";
  return fmt::format("memory: {} of {} usable ({:.0f}%)\n", bytes_words_of(memory, "available_bytes"),
                     bytes_words_of(memory, "total_bytes"), 100 * number_of(memory, "usable_ratio"));
}

std::string next_of(const Json& service) {
  const auto wait = number_of(service, "backoff_seconds");
  return wait > 0 ? "in " + seconds_words(wait) : std::string("-");
}

void add_service(Table& table, const Json& service, WallTime now) {
  table.add({text_of(service, "name"), text_of(service, "state"), age_of(service, "since", now),
             text_of(service, "mode"), text_of(service, "owner"),
             fmt::format("{:.1f}%", 100 * number_of(service, "cpu_ratio")),
             bytes_words_of(service, "resident_bytes"), fmt::format("{}", count_of(service, "processes")),
             fmt::format("{}", count_of(service, "restarts_total")), next_of(service),
             text_of(service, "reason")});
}

void add_file_system(Table& table, const Json& file_system) {
  const bool is_known = has_number(file_system, "size_bytes");
  const auto note = file_system.value("is_read_only", false) ? "read-only" : "";
  table.add({text_of(file_system, "name"), text_of(file_system, "type"),
             is_known ? bytes_words_of(file_system, "size_bytes") : std::string("-"),
             is_known ? fmt::format("{:.0f}%", 100 * number_of(file_system, "used_ratio")) : std::string("-"),
             text_of(file_system, "status"), is_known ? note : text_of(file_system, "error")});
}

std::string file_systems_text(const Json& json, const Style& style) {
  const auto& file_systems = list_of(json, "file_systems");
  if (file_systems.empty()) return {};
  Table table({{.title = "FILE SYSTEM"},
               {.title = "TYPE", .rank = 1},
               {.title = "SIZE", .rank = 1, .is_number = true},
               {.title = "USED", .is_number = true},
               {.title = "STATUS", .is_state = true},
               {.title = ""}});
  for (const auto& file_system : file_systems)
    add_file_system(table, file_system);
  return "\n" + table.text(style);
}

/// Empty where there is no such group.
const std::vector<Json>& members_of(const Json& status, const std::string& group) {
  static const std::vector<Json> nobody;
  const auto& groups = array_of(status, "groups");
  const auto found = std::ranges::find(groups, group, [](const Json& it) { return text_of(it, "name"); });
  return found == groups.end() ? nobody : array_of(*found, "services");
}

}  // namespace

std::string machine_lines(const Json& json, const Style& style, WallTime now) {
  static const Json nothing = Json::object();
  const auto part = [&](const char* key) -> const Json& {
    return json.contains(key) && json[key].is_object() ? json[key] : nothing;
  };
  return head_line(json, style, now) + load_line(part("load")) + memory_line(part("memory"));
}

std::string services_text(std::span<const Json> services, const Style& style, WallTime now) {
  Table table({{.title = "SERVICE"},
               {.title = "STATE", .is_state = true},
               {.title = "SINCE", .is_number = true},
               {.title = "MODE", .rank = 4},
               {.title = "OWNER", .rank = 3},
               {.title = "CPU", .rank = 2, .is_number = true},
               {.title = "MEMORY", .rank = 2, .is_number = true},
               {.title = "PROCS", .rank = 5, .is_number = true},
               {.title = "RESTARTS", .rank = 1, .is_number = true},
               {.title = "NEXT", .rank = 1, .is_number = true},
               {.title = "WHY"}});
  for (const auto& service : services)
    add_service(table, service, now);
  return table.text(style);
}

Result<StatusTable> status_table(std::string_view document, const Style& style, WallTime now) {
  const auto json = parse_answer(document);
  if (!json) return json.error();
  const auto& services = array_of(*json, "services");
  return StatusTable{.status = status_of(*json, "status"),
                     .text = machine_lines(*json, style, now) + "\n" +
                             (services.empty() ? std::string("no services are watched\n")
                                               : services_text(services, style, now)) +
                             file_systems_text(*json, style)};
}

Result<std::vector<Json>> services_meant(const Json& status, const std::string& target) {
  const auto& members = members_of(status, target);
  std::vector<Json> meant;
  std::ranges::copy_if(array_of(status, "services"), std::back_inserter(meant), [&](const Json& service) {
    const auto name = text_of(service, "name");
    return target.empty() || name == target || std::ranges::find(members, Json(name)) != members.end();
  });
  if (meant.empty() && !target.empty())
    return Error{Error::Kind::malformed, "'" + printable(target, 64) + "' is not a service and not a group"};
  return meant;
}

Result<StatusTable> services_table(std::span<const Json> services, const Style& style, WallTime now) {
  if (services.empty()) return StatusTable{.status = CheckStatus::ok, .text = "no services are watched\n"};
  StatusTable result{.status = CheckStatus::ok, .text = services_text(services, style, now)};
  for (const auto& service : services)
    result.status = std::max(result.status, status_of(service, "status"));
  return result;
}

std::string service_names(const Json& status) {
  std::set<std::string> names;
  for (const auto* key : {"services", "groups"}) {
    for (const auto& one : list_of(status, key))
      names.insert(text_of(one, "name"));
  }
  std::string text;
  for (const auto& name : names)
    text += name + "\n";
  return text;
}

}  // namespace systemcheck
