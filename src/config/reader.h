#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/load.h"

namespace systemcheck {

/// Where something stands. Lines and columns start at 1.
struct Place {
  std::string file{};
  int line = 0;
  int column = 0;

  /// "systemcheck.yaml:14:3"
  [[nodiscard]] std::string text() const;
};

/// One value as it was written: a word, a list, or a map whose entries keep their order.
struct Entry {
  enum class Kind { empty, text, list, map };

  Kind kind = Kind::empty;
  Place place{};
  std::string text{};
  std::string key{};  ///< inside a map
  Place key_place{};  ///< inside a map
  std::vector<Entry> children{};

  /// The place to show people: the key where there is one.
  [[nodiscard]] const Place& shown_place() const { return key.empty() ? place : key_place; }
};

/// "text", "a list", "a map", "nothing".
std::string_view describe_kind(Entry::Kind kind);

using Problems = std::vector<Problem>;

void add_problem(Problems& problems, const Place& place, std::string message);

/// What a configuration file may cost before it is refused.
struct ReaderLimits {
  std::size_t bytes_max = 1U << 20;
  std::size_t entries_max = 20'000;  ///< with every alias counted as what it stands for
  std::size_t depth_max = 32;
};

/// One YAML document to entries. Empty, with a problem, where it is none.
/// Keys said twice in one map are both kept: merge_entries() finds them.
Entry parse_yaml(const ConfigText& text, Problems& problems, const ReaderLimits& limits = {});

/// `later` added to `earlier`, map by map. What was said already is a problem that names both
/// places. Below "services" nothing is merged: a service is one piece.
void merge_entries(Entry& earlier, Entry&& later, Problems& problems);

}  // namespace systemcheck
