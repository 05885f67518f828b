#include "relay/log_place.h"

#include <algorithm>
#include <array>
#include <chrono>

#include "base/text.h"

namespace systemcheck {
namespace {

constexpr std::string_view digits = "0123456789abcdef";

std::string_view take_field(std::string_view& text, char end) {
  const auto field = text.substr(0, text.find(end));
  text.remove_prefix(std::min(text.size(), field.size() + 1));
  return field;
}

std::optional<std::string> from_hex(std::string_view hex) {
  if (hex.size() % 2 != 0) return std::nullopt;
  std::string bytes;
  for (std::size_t i = 0; i < hex.size(); i += 2) {
    const auto high = digits.find(hex[i]);
    const auto low = digits.find(hex[i + 1]);
    if (high == std::string_view::npos || low == std::string_view::npos) return std::nullopt;
    bytes.push_back(static_cast<char>(high * 16 + low));
  }
  return bytes;
}

std::optional<FilePlace> parse_file(std::string_view text) {
  std::array<std::optional<std::uint64_t>, 4> numbers{};
  for (auto& number : numbers) {
    number = parse_number<std::uint64_t>(take_field(text, ':'));
    if (!number) return std::nullopt;
  }
  auto fingerprint = from_hex(text);
  if (!fingerprint) return std::nullopt;
  const auto expected = std::min<std::uint64_t>(*numbers[2], FilePlace::fingerprint_bytes);
  if (fingerprint->size() != expected) return std::nullopt;
  return FilePlace{.device = *numbers[0],
                   .inode = *numbers[1],
                   .offset = *numbers[2],
                   .fingerprint = *std::move(fingerprint),
                   .modified = WallTime{std::chrono::nanoseconds{static_cast<std::int64_t>(*numbers[3])}}};
}

}  // namespace

void append_place(std::string& text, const FilePlace& place) {
  const auto modified = std::max<std::int64_t>(0, place.modified.time_since_epoch().count());
  if (!text.empty()) text += ' ';
  text += std::to_string(place.device) + ':' + std::to_string(place.inode) + ':' +
          std::to_string(place.offset) + ':' + std::to_string(modified) + ':';
  for (const char byte : place.fingerprint) {
    const auto value = static_cast<unsigned char>(byte);
    text += digits[value / 16];
    text += digits[value % 16];
  }
}

std::string LogPlace::text() const {
  std::string text;
  for (const auto& file : files)
    append_place(text, file);
  return text;
}

std::optional<LogPlace> LogPlace::parse(std::string_view text) {
  LogPlace place;
  for (auto rest = text; !rest.empty();) {
    auto file = parse_file(take_field(rest, ' '));
    if (!file || place.files.size() == files_max) return std::nullopt;
    place.files.push_back(*std::move(file));
  }
  if (place.files.empty() || place.text() != text) return std::nullopt;
  return place;
}

}  // namespace systemcheck
