#include <algorithm>
#include <utility>

#include "base/text.h"
#include "config/reader.h"

namespace systemcheck {
namespace {

// Small maps are searched one by one; entries_max bounds them, but a map of 20,000 keys would cost
// 200 million comparisons, so large ones are refused.
constexpr std::size_t keys_max = 512;

Entry* find_key(Entry& map, std::string_view key) {
  const auto found = std::find_if(map.children.begin(), map.children.end(),
                                  [key](const Entry& child) { return child.key == key; });
  return found == map.children.end() ? nullptr : &*found;
}

void add_twice_problem(const Entry& first, const Entry& again, Problems& problems) {
  add_problem(problems, again.shown_place(),
              "'" + printable(again.key, 64) + "' is set already at " + first.shown_place().text());
}

void remove_repeated_keys(Entry& entry, Problems& problems) {
  for (auto& child : entry.children)
    remove_repeated_keys(child, problems);
  if (entry.kind != Entry::Kind::map) return;
  if (entry.children.size() > keys_max) {
    add_problem(problems, entry.shown_place(), "more than " + std::to_string(keys_max) + " keys in one map");
    entry.children.resize(keys_max);
  }
  Entry kept;
  for (auto& child : entry.children) {
    if (const auto* first = find_key(kept, child.key)) {
      add_twice_problem(*first, child, problems);
    } else {
      kept.children.push_back(std::move(child));
    }
  }
  entry.children = std::move(kept.children);
}

enum class Level { top, section, services };

/// "services:" with all its lines commented out is an empty map.
bool can_hold_keys(const Entry& entry) {
  return entry.kind == Entry::Kind::map || entry.kind == Entry::Kind::empty;
}

void merge_maps(Entry& earlier, Entry&& later, Level level, Problems& problems) {
  for (auto& child : later.children) {
    auto* first = find_key(earlier, child.key);
    if (first == nullptr) {
      earlier.children.push_back(std::move(child));
      continue;
    }
    const bool are_maps = can_hold_keys(*first) && can_hold_keys(child);
    if (!are_maps || level == Level::services) {
      add_twice_problem(*first, child, problems);
      continue;
    }
    if (child.kind == Entry::Kind::empty) continue;
    first->kind = Entry::Kind::map;
    const bool is_services = level == Level::top && child.key == "services";
    merge_maps(*first, std::move(child), is_services ? Level::services : Level::section, problems);
  }
}

}  // namespace

void merge_entries(Entry& earlier, Entry&& later, Problems& problems) {
  remove_repeated_keys(later, problems);
  if (later.kind == Entry::Kind::empty) return;
  if (later.kind != Entry::Kind::map) {
    add_problem(problems, later.place,
                "a configuration is a map of keys, not " + std::string(describe_kind(later.kind)));
    return;
  }
  if (earlier.kind == Entry::Kind::empty) {
    earlier = std::move(later);
    return;
  }
  merge_maps(earlier, std::move(later), Level::top, problems);
}

}  // namespace systemcheck
