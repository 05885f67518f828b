#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "menu/machine.h"
#include "menu/screen.h"
#include "menu/undertaking.h"

namespace systemcheck {

/// One line of a list that can be chosen.
struct MenuEntry {
  std::string name{};  ///< what is chosen; by it the selection is found again when the list has changed
  std::optional<std::size_t> number{};
  std::string text{};
  Accent look = Accent::plain;
};

/// Whatever is configured: in the menu of restarts this number is all that has to do with mail.
inline constexpr std::size_t mail_number = 8;
inline constexpr std::string_view mail_name = "mail";

std::vector<MenuEntry> home_entries();
/// Services, then groups, numbered from 1; number 8 is mail.
std::vector<MenuEntry> restart_entries(const Machine& machine);
std::vector<MenuEntry> service_entries(const Machine& machine);
/// Everything, each service and each group, and who holds it.
std::vector<MenuEntry> maintenance_entries(const Machine& machine);
/// The newest first.
std::vector<MenuEntry> order_entries(const std::vector<Undertaking>& undertakings);

/// Where the one with this number stands.
std::optional<std::size_t> place_numbered(const std::vector<MenuEntry>& entries, std::size_t number);
/// Whether another number begins with the same digits: then nobody knows yet which is meant.
bool is_ambiguous(const std::vector<MenuEntry>& entries, std::string_view digits);

}  // namespace systemcheck
