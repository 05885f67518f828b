#include "publish/http_accept.h"

#include <algorithm>
#include <cctype>
#include <optional>

#include "base/text.h"

namespace systemcheck {
namespace {

constexpr std::string_view blanks = " \t";

std::string_view trimmed(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(blanks), text.size()));
  return text.substr(0, text.find_last_not_of(blanks) + 1);
}

/// Takes what stands before the next `separator` off the front of `text`.
std::string_view take_part(std::string_view& text, char separator) {
  const auto part = text.substr(0, text.find(separator));
  text.remove_prefix(std::min(part.size() + 1, text.size()));
  return trimmed(part);
}

bool is_same_word(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return std::tolower(static_cast<unsigned char>(c)); };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [lower](char one, char other) { return lower(one) == lower(other); });
}

/// The weight in ";q=0.5"; 1 without one, 0 for one that cannot be read.
double parse_weight(std::string_view parameters) {
  while (!parameters.empty()) {
    auto value = take_part(parameters, ';');
    if (!is_same_word(take_part(value, '='), "q")) continue;
    const auto weight = parse_number<double>(value);
    return weight && *weight >= 0 && *weight <= 1 ? *weight : 0;
  }
  return 1;
}

}  // namespace

bool accepts_gzip(std::string_view accept_encoding) {
  std::optional<double> gzip;
  std::optional<double> anything;
  std::optional<double> identity;
  while (!accept_encoding.empty()) {
    auto parameters = take_part(accept_encoding, ',');
    const auto coding = take_part(parameters, ';');
    const auto weight = parse_weight(parameters);
    if (is_same_word(coding, "gzip") || is_same_word(coding, "x-gzip")) gzip = weight;
    if (is_same_word(coding, "identity")) identity = weight;
    if (coding == "*") anything = weight;
  }
  const double wanted = gzip.value_or(anything.value_or(0));
  return wanted > 0 && wanted >= identity.value_or(0);
}

}  // namespace systemcheck
