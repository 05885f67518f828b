#include "config/reader.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <sstream>
#include <string_view>
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

/// What is YAML, and yet refused here. Thrown through yaml-cpp, which cannot be stopped otherwise.
struct Refusal : YAML::ParserException {
  using YAML::ParserException::ParserException;
};

/// Whether the quote that opens first in `text` is closed again. yaml-cpp takes the end of the input
/// for a closing quote, so a file that was cut short would pass.
bool is_quote_closed(std::string_view text) {
  const auto start = text.find_first_of("'\"");
  if (start == std::string_view::npos) return true;
  const char quote = text[start];
  for (auto i = start + 1; i < text.size(); ++i) {
    const bool is_escape = quote == '"' ? text[i] == '\\' : text.substr(i, 2) == "''";
    if (is_escape) {
      ++i;
    } else if (text[i] == quote) {
      return true;
    }
  }
  return false;
}

class EntryBuilder final : public YAML::EventHandler {
 public:
  EntryBuilder(const ConfigText& text, std::string_view yaml, const ReaderLimits& limits)
      : file_(text.path), yaml_(yaml), limits_(limits) {}

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
    if (tag == "!" && !is_quote_closed(yaml_.substr(std::min(offset_of(mark), yaml_.size())))) {
      refuse(mark, "this quote is never closed");
    }
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
    throw Refusal(mark, message);
  }

  static std::size_t offset_of(const YAML::Mark& mark) { return static_cast<std::size_t>(mark.pos); }

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
  std::string_view yaml_;
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

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

std::optional<Problem> check_text(const ConfigText& text, const ReaderLimits& limits) {
  if (text.text.size() > limits.bytes_max) {
    return Problem{text.path, 0, 0, "larger than " + bytes_text(limits.bytes_max)};
  }
  const auto start = text.text.starts_with(byte_order_mark) ? byte_order_mark.size() : 0;
  const auto clean = start + clean_prefix(std::string_view(text.text).substr(start));
  if (clean == text.text.size()) return std::nullopt;
  const auto place = place_at(text, clean);
  const auto byte = printable(std::string_view(text.text).substr(clean, 1));
  return Problem{place.file, place.line, place.column,
                 "not plain text: " + byte + " is invisible or no UTF-8"};
}

/// The first tab that indents a line, which YAML forbids and no screen shows.
std::optional<std::size_t> find_indenting_tab(std::string_view text) {
  std::size_t line_start = 0;
  while (line_start < text.size()) {
    const auto word = std::min(text.find_first_not_of(" \t", line_start), text.size());
    const auto tab = text.substr(0, word).find('\t', line_start);
    const bool is_blank = word == text.size() || text[word] == '\n' || text[word] == '#';
    if (tab != std::string_view::npos && !is_blank) return tab;
    line_start = std::min(text.find('\n', line_start), text.size() - 1) + 1;
  }
  return std::nullopt;
}

/// yaml-cpp's complaint in words for somebody who does not know its grammar.
std::string describe_syntax_error(const std::string& complaint) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 6> words{
      {{"illegal EOF in scalar", "a quote is not closed before this"},
       {"illegal map value", "a ':' where none can stand (is the indentation right, is a quote missing?)"},
       {"end of map not found", "this does not belong to the map around it (is the indentation right?)"},
       {"end of sequence not found",
        "this does not belong to the list around it (is the indentation right?)"},
       {"end of sequence flow not found", "a '[' is not closed before this"},
       {"end of map flow not found", "a '{' is not closed before this"}}};
  for (const auto& [theirs, ours] : words) {
    if (complaint == theirs) return std::string(ours);
  }
  return printable(complaint);
}

Problem describe_failure(const ConfigText& text, const YAML::Exception& error) {
  const auto is_placed = !error.mark.is_null();
  Place place{text.path, is_placed ? error.mark.line + 1 : 0, is_placed ? error.mark.column + 1 : 0};
  std::string message = error.msg;
  if (dynamic_cast<const Refusal*>(&error) == nullptr) {
    const auto tab = find_indenting_tab(text.text);
    if (tab) place = place_at(text, *tab);
    message = "not valid YAML: " + (tab ? "a tab in the indentation" : describe_syntax_error(message));
  }
  return Problem{place.file, place.line, place.column, std::move(message)};
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
  std::string_view yaml = text.text;
  if (yaml.starts_with(byte_order_mark)) yaml.remove_prefix(byte_order_mark.size());
  EntryBuilder builder(text, yaml, limits);
  try {
    std::istringstream stream{std::string(yaml)};
    YAML::Parser parser(stream);
    // The builder refuses a second document.
    while (parser.HandleNextDocument(builder))
      continue;
  } catch (const YAML::Exception& error) {
    problems.push_back(describe_failure(text, error));
    return {};
  }
  return std::move(builder).take_root();
}

}  // namespace systemcheck
