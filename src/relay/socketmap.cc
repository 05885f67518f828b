#include "relay/socketmap.h"

#include <algorithm>
#include <cctype>
#include <cstdint>

#include "base/text.h"

namespace systemcheck {
namespace {

using Kind = SocketmapRequest::Kind;

// Of socketmap_request_bytes_max.
constexpr std::size_t length_digits_max = 4;
constexpr std::string_view ip6_tag = "ipv6:";

bool is_digit(char letter) { return letter >= '0' && letter <= '9'; }

bool begins_with_tag(std::string_view key) {
  const auto is_same = [](char one, char other) {
    return std::tolower(static_cast<unsigned char>(one)) == other;
  };
  return key.size() >= ip6_tag.size() &&
         std::equal(ip6_tag.begin(), ip6_tag.end(), key.begin(),
                    [&](char tag, char letter) { return is_same(letter, tag); });
}

std::string words_of(const SocketmapAnswer& answer) {
  using std::chrono::floor;
  using std::chrono::seconds;
  switch (answer.kind) {
    case SocketmapAnswer::Kind::found:
      return "OK " + std::to_string(floor<seconds>(answer.expires_on).time_since_epoch().count());
    case SocketmapAnswer::Kind::temporary:
      return "TEMP " + answer.reason;
    case SocketmapAnswer::Kind::not_found:
      break;
  }
  return "NOTFOUND ";
}

}  // namespace

SocketmapRequest take_socketmap_request(std::string_view& input) {
  const auto digits = static_cast<std::size_t>(std::ranges::find_if_not(input, is_digit) - input.begin());
  if (digits > length_digits_max) return {.kind = Kind::malformed};
  if (digits == input.size()) return {};
  const auto length = parse_number<std::uint32_t>(input.substr(0, digits));
  const bool has_odd_zero = digits > 1 && input.front() == '0';
  if (input[digits] != ':' || !length || has_odd_zero || *length > socketmap_request_bytes_max)
    return {.kind = Kind::malformed};
  const auto rest = input.substr(digits + 1);
  if (rest.size() <= *length) return {};
  if (rest[*length] != ',') return {.kind = Kind::malformed};
  input = rest.substr(*length + 1);
  return {.kind = Kind::complete, .text = rest.substr(0, *length)};
}

std::optional<IpAddress> parse_socketmap_key(std::string_view request) {
  const auto blank = request.find(' ');
  if (blank == std::string_view::npos) return std::nullopt;
  auto key = request.substr(blank + 1);
  if (!begins_with_tag(key)) return IpAddress::parse(key);
  key.remove_prefix(ip6_tag.size());
  if (key.find(':') == std::string_view::npos) return std::nullopt;
  return IpAddress::parse(key);
}

std::string socketmap_answer_text(const SocketmapAnswer& answer) {
  const auto words = words_of(answer);
  return std::to_string(words.size()) + ":" + words + ",";
}

}  // namespace systemcheck
