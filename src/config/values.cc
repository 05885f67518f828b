#include "config/values.h"

#include <sys/un.h>

#include <algorithm>
#include <cmath>

#include "base/text.h"

namespace systemcheck {
namespace {

constexpr std::string_view letters_and_digits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

Error malformed(std::string_view text, std::string_view what) {
  return {Error::Kind::malformed, "'" + printable(text, 64) + "' " + std::string(what)};
}

/// From 1 to `length_max` bytes of letters, digits and `others`.
bool is_word_of(std::string_view text, std::string_view others, std::size_t length_max) {
  const auto fits = [others](char c) {
    return letters_and_digits.find(c) != std::string_view::npos || others.find(c) != std::string_view::npos;
  };
  return !text.empty() && text.size() <= length_max && std::all_of(text.begin(), text.end(), fits);
}

bool has_parent_step(std::string_view path) {
  return path.find("/../") != std::string_view::npos || path.ends_with("/..");
}

}  // namespace

Result<Duration> DurationWithin::operator()(std::string_view text) const {
  auto duration = parse_duration(text);
  if (!duration) return duration;
  if (*duration >= min && *duration <= max) return duration;
  return malformed(text, "is not from " + duration_text(min) + " to " + duration_text(max));
}

Result<std::uint32_t> CountWithin::operator()(std::string_view text) const {
  const auto count = parse_number<std::uint32_t>(text);
  if (count && *count >= min && *count <= max) return *count;
  return malformed(text, "is not a whole number from " + std::to_string(min) + " to " + std::to_string(max));
}

Result<bool> parse_switch(std::string_view text) {
  if (text == "true") return true;
  if (text == "false") return false;
  return malformed(text, "is not true or false");
}

Result<double> parse_ratio(std::string_view text) {
  const auto ratio = parse_number<double>(text);
  if (ratio && std::isfinite(*ratio) && *ratio > 0) return *ratio;
  return malformed(text, "is not a number above 0");
}

Result<std::string> parse_path(std::string_view text) {
  constexpr std::size_t path_max = 4095;
  if (!text.starts_with('/')) return malformed(text, "is not an absolute path");
  if (has_parent_step(text)) return malformed(text, "must not contain '..'");
  if (text.size() > path_max) return malformed(text, "is longer than a path can be");
  return std::string(text);
}

Result<std::string> parse_socket_path(std::string_view text) {
  constexpr std::size_t length_max = sizeof(sockaddr_un{}.sun_path) - 1;
  auto path = parse_path(text);
  if (!path || path->size() <= length_max) return path;
  return malformed(text, "is longer than the " + std::to_string(length_max) + " bytes a socket may have");
}

Result<std::string> parse_unit_name(std::string_view text) {
  constexpr std::size_t name_max = 255;
  constexpr std::string_view suffix = ".service";
  // The characters of systemd.unit(5); a leading '-' would be read as an option of systemctl.
  if (!is_word_of(text, ":_.@\\-", name_max) || text.starts_with('-')) {
    return malformed(text, "is not the name of a unit");
  }
  if (!text.ends_with(suffix) || text.size() == suffix.size())
    return malformed(text, "must end in '.service'");
  if (text.ends_with("@.service"))
    return malformed(text, "is a template: name an instance, as 'web@one.service'");
  return std::string(text);
}

Result<std::string> parse_user_name(std::string_view text) {
  // Directory services allow more than useradd(8) does: '$', '@' and '\' occur.
  if (is_word_of(text, "_.$@\\-", 256) && !text.starts_with('-')) return std::string(text);
  return malformed(text, "is not the name of a user");
}

Result<std::string> parse_file_system_type(std::string_view text) {
  if (is_word_of(text, "_.-", 64)) return std::string(text);
  return malformed(text, "is not the name of a file system type");
}

Result<std::string> parse_service_name(std::string_view text) {
  if (is_word_of(text, "_.@-", 64)) return std::string(text);
  return malformed(text, "is not a service name (1 to 64 of A-Z a-z 0-9 _ . @ -)");
}

}  // namespace systemcheck
