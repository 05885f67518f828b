#include "config/reader.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <map>
#include <optional>
#include <sstream>
#include <utility>

#include "base/text.h"

// yaml-cpp's own nodes keep both values of a key that is said twice, show the first, and follow
// aliases without counting. So its events are taken, and the entries built here.

namespace systemcheck {
namespace {

std::size_t count_entries(const Entry& entry) {
  std::size_t count = 1;
  for (const auto& child : entry.children)
    count += count_entries(child);
  return count;
}

/// Throws what yaml-cpp throws, so that its own complaints and ours take one way out.
class EntryBuilder final : public YAML::EventHandler {
 public:
  EntryBuilder(const std::string& file, const ReaderLimits& limits) : file_(file), limits_(limits) {}

  [[nodiscard]] Entry take_root() && { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (std::exchange(has_document_, true)) refuse(mark, "a second document begins here; a file holds one");
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    add(mark, Entry{.kind = Entry::Kind::empty, .place = place_of(mark)}, anchor);
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    refuse_tag(mark, tag);
    add(mark, Entry{.kind = Entry::Kind::text, .place = place_of(mark), .text = value}, anchor);
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto known = anchors_.find(anchor);
    if (known == anchors_.end()) refuse(mark, "this alias stands within what it stands for");
    // The one that was added already is counted by add().
    count(mark, count_entries(known->second) - 1);
    auto copy = known->second;
    copy.place = place_of(mark);
    add(mark, std::move(copy), 0);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value /*style*/) override {
    open(mark, tag, anchor, Entry::Kind::list);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value /*style*/) override {
    open(mark, tag, anchor, Entry::Kind::map);
  }
  void OnMapEnd() override { close(); }

 private:
  struct Open {
    Entry entry{};
    YAML::anchor_t anchor = 0;
    YAML::Mark mark{};
    std::optional<Entry> key{};  ///< of a map: its value comes next
  };

  [[noreturn]] static void refuse(const YAML::Mark& mark, const std::string& message) {
    throw YAML::ParserException(mark, message);
  }

  [[nodiscard]] Place place_of(const YAML::Mark& mark) const {
    return {file_, mark.line + 1, mark.column + 1};
  }

  /// "?" is a plain value and "!" a quoted one; an explicit tag could change what a value means.
  static void refuse_tag(const YAML::Mark& mark, const std::string& tag) {
    if (!tag.empty() && tag != "?" && tag != "!") refuse(mark, "tags ('!…') have no meaning here");
  }

  void count(const YAML::Mark& mark, std::size_t added) {
    entries_ += added;
    if (entries_ > limits_.entries_max) {
      refuse(mark, "more than " + std::to_string(limits_.entries_max) + " values, aliases counted in full");
    }
  }

  [[nodiscard]] bool wants_key() const {
    return !open_.empty() && open_.back().entry.kind == Entry::Kind::map && !open_.back().key;
  }

  void open(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, Entry::Kind kind) {
    refuse_tag(mark, tag);
    if (wants_key())
      refuse(mark, "a key is a word, not " + std::string(describe_kind(kind)) +
                       " (quote what begins with '[' or '{')");
    if (open_.size() >= limits_.depth_max) {
      refuse(mark, "nested more than " + std::to_string(limits_.depth_max) + " deep");
    }
    open_.push_back(Open{.entry = {.kind = kind, .place = place_of(mark)}, .anchor = anchor, .mark = mark});
  }

  void close() {
    auto closed = std::move(open_.back());
    open_.pop_back();
    add(closed.mark, std::move(closed.entry), closed.anchor);
  }

  void add(const YAML::Mark& mark, Entry entry, YAML::anchor_t anchor) {
    count(mark, 1);
    if (anchor != 0) anchors_[anchor] = entry;
    if (open_.empty()) {
      root_ = std::move(entry);
      return;
    }
    auto& parent = open_.back();
    if (wants_key()) {
      if (entry.kind != Entry::Kind::text || entry.text.empty()) refuse(mark, "a key is missing here");
      parent.key = std::move(entry);
      return;
    }
    if (parent.key) {
      entry.key = std::move(parent.key->text);
      entry.key_place = std::move(parent.key->place);
      parent.key.reset();
    }
    parent.entry.children.push_back(std::move(entry));
  }

  const std::string& file_;
  const ReaderLimits& limits_;
  Entry root_{};
  std::vector<Open> open_{};
  std::map<YAML::anchor_t, Entry> anchors_{};
  std::size_t entries_ = 0;
  bool has_document_ = false;
};

Place place_at(const ConfigText& text, std::size_t offset) {
  const auto before = std::string_view(text.text).substr(0, offset);
  const auto line = std::count(before.begin(), before.end(), '\n');
  const auto line_start = before.rfind('\n');
  const auto column = line_start == std::string_view::npos ? offset : offset - line_start - 1;
  return {text.path, static_cast<int>(line) + 1, static_cast<int>(column) + 1};
}

std::optional<Problem> check_text(const ConfigText& text, const ReaderLimits& limits) {
  if (text.text.size() > limits.bytes_max) {
    return Problem{text.path, 0, 0, "larger than " + bytes_text(limits.bytes_max)};
  }
  constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
  const std::size_t start = std::string_view(text.text).starts_with(byte_order_mark) ? 3 : 0;
  const auto clean = start + clean_prefix(std::string_view(text.text).substr(start));
  if (clean == text.text.size()) return std::nullopt;
  const auto place = place_at(text, clean);
  const auto byte = printable(std::string_view(text.text).substr(clean, 1));
  return Problem{place.file, place.line, place.column,
                 "not a text: byte " + byte + " is no UTF-8 or invisible"};
}

}  // namespace

std::string Place::text() const {
  const auto shown = printable(file, 4096);
  return line == 0 ? shown : shown + ":" + std::to_string(line) + ":" + std::to_string(column);
}

std::string_view describe_kind(Entry::Kind kind) {
  switch (kind) {
    case Entry::Kind::empty:
      return "nothing";
    case Entry::Kind::text:
      return "text";
    case Entry::Kind::list:
      return "a list";
    case Entry::Kind::map:
      return "a map";
  }
  return "nothing";
}

void add_problem(Problems& problems, const Place& place, std::string message) {
  problems.push_back(Problem{place.file, place.line, place.column, std::move(message)});
}

Entry parse_yaml(const ConfigText& text, Problems& problems, const ReaderLimits& limits) {
  if (auto problem = check_text(text, limits)) {
    problems.push_back(std::move(*problem));
    return {};
  }
  EntryBuilder builder(text.path, limits);
  try {
    std::istringstream stream(text.text);
    YAML::Parser parser(stream);
    // The second one is refused by the builder.
    while (parser.HandleNextDocument(builder))
      continue;
  } catch (const YAML::Exception& error) {
    const bool is_placed = !error.mark.is_null();
    problems.push_back(Problem{text.path, is_placed ? error.mark.line + 1 : 0,
                               is_placed ? error.mark.column + 1 : 0,
                               "not valid YAML: " + printable(error.msg)});
    return {};
  }
  return std::move(builder).take_root();
}

}  // namespace systemcheck
