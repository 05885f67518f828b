#include "publish/view_words.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/text.h"

namespace systemcheck {
namespace {

bool is_plain(char c) { return c >= ' ' && c <= '~'; }

/// printable() doubles each backslash of the text itself; its own escapes have a single one.
std::string without_doubled_backslashes(const std::string& printed) {
  std::string text;
  text.reserve(printed.size());
  for (std::size_t at = 0; at < printed.size(); ++at) {
    text += printed[at];
    if (printed[at] == '\\' && at + 1 < printed.size() && printed[at + 1] == '\\') ++at;
  }
  return text;
}

std::uint32_t short_hash(std::string_view text) {
  std::uint32_t hash = 2166136261U;  // FNV-1a
  for (const char letter : text)
    hash = (hash ^ static_cast<unsigned char>(letter)) * 16777619U;
  return hash;
}

std::size_t state_index(char state) {
  switch (state) {
    case 'R':
      return 0;
    case 'S':
      return 1;
    case 'D':
      return 2;
    case 'T':
    case 't':
      return 3;
    case 'Z':
      return 4;
    case 'I':
      return 5;
    default:
      return 6;
  }
}

}  // namespace

std::string published_text(std::string_view text) {
  const bool is_short = text.size() <= published_text_limit_bytes;
  if (is_short && std::all_of(text.begin(), text.end(), is_plain)) return std::string(text);
  return without_doubled_backslashes(printable(text, published_text_limit_bytes));
}

std::string row_name(const std::string& path) {
  if (path.size() <= row_name_bytes_max) return path;
  return path.substr(0, row_name_bytes_max - 8) + fmt::format("{:08x}", short_hash(path));
}

std::string_view outcome_word(Outcome::Kind kind) {
  switch (kind) {
    case Outcome::Kind::succeeded:
      return "succeeded";
    case Outcome::Kind::failed:
      return "failed";
    case Outcome::Kind::timed_out:
      return "timed out";
    case Outcome::Kind::refused:
      return "refused";
    case Outcome::Kind::lost:
      return "lost";
  }
  return "lost";
}

StateCounts count_states(const Processes& table) {
  StateCounts counts{{{"running", 0},
                      {"sleeping", 0},
                      {"disk_sleep", 0},
                      {"stopped", 0},
                      {"zombie", 0},
                      {"idle", 0},
                      {"other", 0}}};
  for (const auto& process : table.all)
    ++counts.at(state_index(process.state)).second;
  return counts;
}

std::optional<double> load_per_cpu(const Roster& facts) {
  const auto& load = facts.of<Load>();
  const auto& cpu = facts.of<Cpu>();
  if (!load || !cpu) return std::nullopt;
  return load->one_minute / std::max(1.0, static_cast<double>(cpu->online));
}

}  // namespace systemcheck
