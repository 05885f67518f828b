#include "config/section.h"

namespace systemcheck {
namespace {

const Entry nothing{};

bool is_clean(std::string_view text) {
  return clean_prefix(text) == text.size() && text.find_first_of("\t\r\n") == std::string_view::npos;
}

std::string quoted(std::string_view text) { return "'" + printable(text, 64) + "'"; }

std::string did_you_mean(std::string_view text, std::span<const std::string_view> words) {
  const auto near = nearest(text, words);
  return near ? " (did you mean '" + std::string(*near) + "'?)" : "";
}

}  // namespace

Section::Section(const Entry& entry, std::string name, Problems& problems)
    : entry_(&entry), name_(std::move(name)), problems_(&problems), problems_at_start_(problems.size()) {
  if (entry.kind == Entry::Kind::map || entry.kind == Entry::Kind::empty) return;
  add_problem(problems, entry.shown_place(),
              name_ + ": must be a map of keys, not " + std::string(describe_kind(entry.kind)));
  entry_ = &nothing;
}

Section Section::section(std::string_view key) {
  const auto* entry = find(key);
  return {entry == nullptr ? nothing : *entry, path_of(key), *problems_};
}

const Entry* Section::find(std::string_view key) {
  known_.push_back(key);
  const auto found = std::find_if(entry_->children.begin(), entry_->children.end(),
                                  [key](const Entry& child) { return child.key == key; });
  return found == entry_->children.end() ? nullptr : &*found;
}

const Entry* Section::find_text(std::string_view key) {
  const auto* entry = find(key);
  if (entry == nullptr) return nullptr;
  if (entry->kind == Entry::Kind::empty) {
    refuse(*entry, key, "has no value");
    return nullptr;
  }
  if (entry->kind != Entry::Kind::text) {
    refuse(*entry, key, "must be one value, not " + std::string(describe_kind(entry->kind)));
    return nullptr;
  }
  if (is_clean(entry->text)) return entry;
  refuse(*entry, key, quoted(entry->text) + " contains a control character");
  return nullptr;
}

std::vector<std::reference_wrapper<const Entry>> Section::list_items(const Entry& entry) {
  if (entry.kind == Entry::Kind::list) return {entry.children.begin(), entry.children.end()};
  return {entry};
}

bool Section::check_list(const Entry& entry, std::string_view key, ListLimits limits) {
  if (entry.kind == Entry::Kind::text) return true;
  if (entry.kind != Entry::Kind::list) {
    const bool is_empty = entry.kind == Entry::Kind::empty;
    refuse(entry, key,
           is_empty ? "has no value" : "must be a list, not " + std::string(describe_kind(entry.kind)));
    return false;
  }
  const auto count = entry.children.size();
  if (count < limits.min) refuse(entry, key, "the list is empty");
  if (count > limits.max) refuse(entry, key, "more than " + std::to_string(limits.max) + " items");
  return count >= limits.min && count <= limits.max;
}

bool Section::check_item(const Entry& item, std::string_view key) {
  const auto length_before = problems_->size();
  if (item.kind == Entry::Kind::list) {
    refuse(item, key, "holds a list within the list (quote what begins with '[')");
  } else if (item.kind != Entry::Kind::text) {
    refuse(item, key, "each item must be text, not " + std::string(describe_kind(item.kind)));
  } else if (!is_clean(item.text)) {
    refuse(item, key, quoted(item.text) + " contains a control character");
  }
  return problems_->size() == length_before;
}

std::string Section::path_of(std::string_view key) const {
  return name_.empty() ? std::string(key) : name_ + "." + std::string(key);
}

void Section::refuse(const Entry& entry, std::string_view key, const std::string& message) {
  // A missing value has no place of its own.
  const auto& place = entry.kind == Entry::Kind::empty ? entry.shown_place() : entry.place;
  add_problem(*problems_, place, path_of(key) + ": " + message);
}

void Section::refuse_among(std::vector<std::string_view> keys, const std::string& message) {
  const Entry* place = entry_;
  for (const auto& child : entry_->children) {
    if (std::find(keys.begin(), keys.end(), child.key) == keys.end()) continue;
    place = &child;
    break;
  }
  add_problem(*problems_, place == entry_ ? entry_->shown_place() : place->place, name_ + ": " + message);
}

void Section::refuse_unknown_keys() {
  for (const auto& child : entry_->children) {
    if (std::find(known_.begin(), known_.end(), child.key) != known_.end()) continue;
    add_problem(*problems_, child.key_place,
                "unknown key " + quoted(child.key) + did_you_mean(child.key, known_));
  }
}

Error Section::word_error(std::string_view text, std::span<const std::string_view> words) {
  std::string choices;
  for (std::size_t i = 0; i < words.size(); ++i) {
    choices += i == 0 ? "" : i + 1 == words.size() ? " or " : ", ";
    choices += words[i];
  }
  return {Error::Kind::malformed, quoted(text) + " is not " + choices + did_you_mean(text, words)};
}

}  // namespace systemcheck
