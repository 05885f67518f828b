#include "menu/entries.h"

#include <fmt/core.h>

#include <algorithm>

namespace systemcheck {
namespace {

constexpr std::size_t name_columns_max = 24;

std::size_t name_columns(const Machine& machine) {
  std::size_t columns = columns_of("all mail services");
  for (const auto& service : machine.services)
    columns = std::max(columns, columns_of(service.name));
  for (const auto& group : machine.groups)
    columns = std::max(columns, columns_of(group.name));
  return std::min(columns, name_columns_max);
}

MenuEntry service_entry(const SeenService& service, std::size_t columns) {
  return {.name = service.name,
          .text = fmt::format("{}  {:<10}  {:<8}  {}", padded(service.name, columns), service.state,
                              service.mode, service.reason),
          .look = look_of(service.status)};
}

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const auto& name : names)
    text += (text.empty() ? "" : ", then ") + name;
  return text;
}

CheckStatus worst_of(const Machine& machine, const SeenGroup& group) {
  auto worst = CheckStatus::ok;
  for (const auto& name : group.services) {
    const auto* service = service_called(machine, name);
    if (service != nullptr) worst = std::max(worst, service->status);
  }
  return worst;
}

MenuEntry group_entry(const Machine& machine, const SeenGroup& group, std::string_view title,
                      std::size_t columns) {
  const auto members = group.services.empty() ? "none of them is here" : joined(group.services);
  return {.name = group.name,
          .text = fmt::format("{}  {}", padded(title, columns), members),
          .look = look_of(worst_of(machine, group))};
}

/// A group of that name, or a service; an entry without a name where there is neither.
MenuEntry mail_entry(const Machine& machine, std::size_t columns) {
  constexpr std::string_view title = "all mail services";
  if (const auto* group = group_called(machine, mail_name)) {
    auto entry = group_entry(machine, *group, title, columns);
    if (group->services.empty()) entry.name.clear();
    return entry;
  }
  if (const auto* service = service_called(machine, mail_name)) return service_entry(*service, columns);
  return {.text = fmt::format("{}  there are none here: no group is called mail", padded(title, columns)),
          .look = Accent::faint};
}

std::string hold_text(const Machine& machine, std::string_view name, std::size_t columns) {
  const auto* service = service_called(machine, name);
  if (service == nullptr) return std::string(name);
  const auto& held = service->holds;
  return fmt::format("{}  {}", padded(name, columns), held.empty() ? "not held" : "held by " + held);
}

}  // namespace

std::vector<MenuEntry> home_entries() {
  std::vector<MenuEntry> entries;
  std::size_t number = 0;
  const auto add = [&](std::string name, std::string_view title, std::string_view what) {
    entries.push_back({.name = std::move(name),
                       .number = ++number,
                       .text = padded(title, columns_of("What was ordered")) + "  " + std::string(what)});
  };
  add("status", "Status", "the machine and its services at a glance");
  add("services", "Services", "each of them: why it is as it is, and what can be done");
  add("restart", "Restart menu", "restart a service or several; 8 there is all mail");
  add("maintenance", "Maintenance", "leave services alone for a while");
  add("memory", "Memory", "what would be turned off when it runs short");
  add("relay", "Mail relay", "who may send because he has fetched his mail");
  add("history", "History", "what was done and what has changed");
  add("orders", "What was ordered", "from this menu, and what came of it");
  entries.push_back({.name = "leave", .number = 0, .text = "Leave"});
  return entries;
}

std::vector<MenuEntry> restart_entries(const Machine& machine) {
  const auto columns = name_columns(machine);
  std::vector<MenuEntry> entries;
  for (const auto& service : machine.services) {
    if (service.name != mail_name || group_called(machine, mail_name) != nullptr)
      entries.push_back(service_entry(service, columns));
  }
  for (const auto& group : machine.groups) {
    if (group.name != mail_name) entries.push_back(group_entry(machine, group, group.name, columns));
  }
  const auto place = std::min(entries.size(), mail_number - 1);
  entries.insert(entries.begin() + static_cast<std::ptrdiff_t>(place), mail_entry(machine, columns));
  for (std::size_t i = 0; i < entries.size(); ++i)
    entries[i].number = i == place ? mail_number : i + 1;
  return entries;
}

std::vector<MenuEntry> service_entries(const Machine& machine) {
  const auto columns = name_columns(machine);
  std::vector<MenuEntry> entries;
  for (const auto& service : machine.services) {
    entries.push_back(service_entry(service, columns));
    entries.back().number = entries.size();
  }
  return entries;
}

std::vector<MenuEntry> maintenance_entries(const Machine& machine) {
  const auto columns = name_columns(machine);
  std::vector<MenuEntry> entries{{.name = "all", .text = padded("all", columns) + "  every service"}};
  for (const auto& group : machine.groups) {
    entries.push_back(group_entry(machine, group, group.name, columns));
    entries.back().look = Accent::plain;
  }
  for (const auto& service : machine.services)
    entries.push_back({.name = service.name, .text = hold_text(machine, service.name, columns)});
  for (std::size_t i = 0; i < entries.size(); ++i)
    entries[i].number = i + 1;
  return entries;
}

std::vector<MenuEntry> order_entries(const std::vector<Undertaking>& undertakings) {
  std::vector<MenuEntry> entries;
  for (auto it = undertakings.rbegin(); it != undertakings.rend(); ++it) {
    entries.push_back({.name = std::to_string(it->id),
                       .number = entries.size() + 1,
                       .text = summary_of(*it),
                       .look = it->has_ended ? look_of(it->status) : Accent::plain});
  }
  return entries;
}

std::optional<std::size_t> place_numbered(const std::vector<MenuEntry>& entries, std::size_t number) {
  const auto found = std::ranges::find(entries, std::optional(number), &MenuEntry::number);
  if (found == entries.end()) return std::nullopt;
  return static_cast<std::size_t>(found - entries.begin());
}

bool is_ambiguous(const std::vector<MenuEntry>& entries, std::string_view digits) {
  return std::ranges::any_of(entries, [digits](const MenuEntry& entry) {
    const auto number = entry.number ? std::to_string(*entry.number) : std::string();
    return number.size() > digits.size() && number.starts_with(digits);
  });
}

}  // namespace systemcheck
