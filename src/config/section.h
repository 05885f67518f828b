#pragma once

#include <algorithm>
#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/text.h"
#include "base/vocabulary.h"
#include "config/reader.h"

namespace systemcheck {

struct ListLimits {
  std::size_t min = 0;
  std::size_t max = 64;
  bool may_repeat = false;
};

/// One map of the configuration, read key by key. Remembers which keys were asked for: what is left
/// over is unknown. What cannot be read is a problem, and leaves the value as it was.
class Section {
 public:
  /// `name` as people write it: "http", "services.httpd.match"; empty at the top.
  Section(const Entry& entry, std::string name, Problems& problems);

  /// The map below `key`; without keys where it is not given.
  Section section(std::string_view key);

  /// One map in the list at `key`.
  [[nodiscard]] Section item(std::string_view key, const Entry& entry) const {
    return {entry, path_of(key), *problems_};
  }

  /// `parse` takes the text and gives a Result.
  template <typename Value, typename Parse>
  void read(std::string_view key, Value& into, Parse&& parse) {
    const auto* entry = find_text(key);
    if (entry == nullptr) return;
    auto value = parse(std::string_view(entry->text));
    if (!value) return refuse(*entry, key, value.error().message);
    into = *std::move(value);
  }

  /// A word of a closed choice.
  template <typename Enum>
  void read(std::string_view key, Enum& into) {
    read(key, into, [](std::string_view text) { return parse_word<Enum>(text); });
  }

  /// A list, or a single text for a list of one. `parse_item` looks at each item.
  template <typename Parse>
  void read_list(std::string_view key, std::vector<std::string>& into, ListLimits limits,
                 Parse&& parse_item) {
    const auto* entry = find(key);
    if (entry == nullptr || !check_list(*entry, key, limits)) return;
    std::vector<std::string> items;
    const std::size_t problems_before = problems_->size();
    for (const auto& item : list_items(*entry)) {
      if (!check_item(item, key)) continue;
      const auto& text = item.get().text;
      if (auto value = parse_item(std::string_view(text)); !value) refuse(item, key, value.error().message);
      const bool is_repeated = std::find(items.begin(), items.end(), text) != items.end();
      if (is_repeated && !limits.may_repeat)
        refuse(item, key, "'" + printable(text, 64) + "' is listed twice");
      items.push_back(text);
    }
    if (problems_->size() == problems_before) into = std::move(items);
  }

  /// The value of `key` in any shape, or null. The key counts as known.
  const Entry* find(std::string_view key);

  /// "key: message" at the entry's place.
  void refuse(const Entry& entry, std::string_view key, const std::string& message);
  /// The same at the first of `keys` that is given, for what is wrong between several of them.
  void refuse_among(std::vector<std::string_view> keys, const std::string& message);
  /// To be called last.
  void refuse_unknown_keys();

  /// Nothing was refused so far, here or elsewhere since this section was begun: what was read may be
  /// compared.
  [[nodiscard]] bool is_sound() const { return problems_->size() == problems_at_start_; }
  [[nodiscard]] const Entry& entry() const { return *entry_; }
  [[nodiscard]] std::string path_of(std::string_view key) const;

 private:
  template <typename Enum>
  static Result<Enum> parse_word(std::string_view text) {
    if (const auto value = from_word<Enum>(text)) return *value;
    return word_error(text, Words<Enum>::all);
  }

  static Error word_error(std::string_view text, std::span<const std::string_view> words);
  static std::vector<std::reference_wrapper<const Entry>> list_items(const Entry& entry);
  const Entry* find_text(std::string_view key);
  bool check_list(const Entry& entry, std::string_view key, ListLimits limits);
  bool check_item(const Entry& item, std::string_view key);

  const Entry* entry_;
  std::string name_;
  Problems* problems_;
  std::size_t problems_at_start_ = 0;
  std::vector<std::string_view> known_{};
};

}  // namespace systemcheck
