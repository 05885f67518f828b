#include "config/yaml_text.h"

#include <algorithm>
#include <array>

namespace systemcheck {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

/// Whether every reader of YAML takes it for this very text without quotes.
bool is_plain(std::string_view text) {
  constexpr std::string_view initials = "/abcdefghijklmnopqrstuvwxyz";
  constexpr std::string_view others = "/abcdefghijklmnopqrstuvwxyz0123456789_.@-";
  constexpr std::array<std::string_view, 9> words{"true", "false", "null", "yes", "no",
                                                  "on",   "off",   "y",    "n"};
  std::string lowered(text);
  std::transform(lowered.begin(), lowered.end(), lowered.begin(), lower);
  return !lowered.empty() && initials.find(lowered.front()) != std::string_view::npos &&
         lowered.find_first_not_of(others) == std::string::npos &&
         std::find(words.begin(), words.end(), lowered) == words.end();
}

}  // namespace

std::string yaml_scalar(std::string_view text) {
  if (is_plain(text)) return std::string(text);
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + "\"";
}

std::string yaml_list(const std::vector<std::string>& items) {
  std::string text;
  for (const auto& item : items)
    text += (text.empty() ? "" : ", ") + yaml_scalar(item);
  return "[" + text + "]";
}

}  // namespace systemcheck
