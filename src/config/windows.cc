#include "config/windows.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "config/groups.h"
#include "config/order.h"
#include "config/values.h"

namespace systemcheck {
namespace {

constexpr std::size_t windows_max = 64;
constexpr std::size_t names_max = 256;
constexpr std::size_t reason_limit_bytes = 256;

Result<std::string> parse_reason(std::string_view text) {
  if (!text.empty() && text.size() <= reason_limit_bytes) return std::string(text);
  return Error{Error::Kind::malformed, "must have from 1 to 256 bytes"};
}

Result<std::string> parse_day(std::string_view text) {
  if (from_word<Weekday>(text)) return std::string(text);
  return Error{Error::Kind::malformed,
               "'" + printable(text, 64) + "' is not a day: mon, tue, wed, thu, fri, sat or sun"};
}

/// What windows are for: services, groups, and all of them.
std::vector<std::string_view> names_for_windows(const Config& config) {
  auto names = names_of(config.services);
  for (const auto& group : config.groups)
    names.push_back(group.name);
  names.push_back(everything);
  return names;
}

void read_days(Section& section, std::vector<Weekday>& into) {
  std::vector<std::string> words;
  section.read_list("days", words, {.min = 1, .max = 7}, parse_day);
  for (const auto& text : words)
    into.push_back(*from_word<Weekday>(text));
}

MaintenanceWindow read_window(Section section, const std::vector<std::string_view>& names) {
  MaintenanceWindow window;
  section.read_list("services", window.services, {.min = 1, .max = names_max},
                    [&names](std::string_view name) { return parse_known_service(name, names); });
  read_days(section, window.days);
  section.read("from", window.from, parse_time_of_day);
  section.read("for", window.length, DurationWithin{std::chrono::minutes{1}, window_max});
  section.read("reason", window.reason, parse_reason);
  for (const auto* key : {"services", "from", "for"}) {
    if (section.find(key) == nullptr) section.refuse_among({}, std::string("says nothing of '") + key + "'");
  }
  section.refuse_unknown_keys();
  return window;
}

}  // namespace

Result<std::chrono::minutes> parse_time_of_day(std::string_view text) {
  const bool has_shape = text.size() == 5 && text[2] == ':';
  const auto hours = has_shape ? parse_number<unsigned>(text.substr(0, 2)) : std::nullopt;
  const auto minutes = has_shape ? parse_number<unsigned>(text.substr(3)) : std::nullopt;
  if (hours && minutes && *hours < 24 && *minutes < 60)
    return std::chrono::hours{*hours} + std::chrono::minutes{*minutes};
  return Error{Error::Kind::malformed,
               "'" + printable(text, 64) + "' is not a time of day from \"00:00\" to \"23:59\""};
}

std::string time_of_day_text(std::chrono::minutes time) {
  return fmt::format("{:02}:{:02}", time.count() / 60, time.count() % 60);
}

void resolve_windows(Section& top, Config& config) {
  const auto* entry = top.find("maintenance");
  if (entry == nullptr || entry->kind == Entry::Kind::empty) return;
  if (entry->kind != Entry::Kind::list)
    return top.refuse(*entry, "maintenance",
                      "must be a list of maps, not " + std::string(describe_kind(entry->kind)));
  if (entry->children.size() > windows_max)
    return top.refuse(*entry, "maintenance", fmt::format("more than {} of them", windows_max));
  const auto names = names_for_windows(config);
  for (const auto& item : entry->children) {
    const auto section = top.item("maintenance", item);  // Says it where it is no map.
    const bool is_map = item.kind == Entry::Kind::map || item.kind == Entry::Kind::empty;
    if (is_map) config.maintenance.push_back(read_window(section, names));
  }
}

}  // namespace systemcheck
