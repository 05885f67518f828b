#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace systemcheck {

/// A key that only this process knows, for keyed_digest(). Empty if the machine gives no random bytes: then
/// nobody can log in.
std::string random_key();

/// HMAC-SHA-256 of these parts, in a form in which two lists of parts never look the same; small hexadecimal
/// digits. Empty where it cannot be computed, which is equal to nothing.
std::string keyed_digest(std::string_view key, const std::vector<std::string_view>& parts);

/// In a time that says nothing of where they differ. Empty ones are not equal.
bool is_equal_secretly(std::string_view one, std::string_view other);

struct Credentials {
  std::string user{};
  std::string password{};
};

/// "Basic YWxpY2U6c2VjcmV0", RFC 7617.
std::optional<Credentials> parse_basic_authorization(std::string_view header);

}  // namespace systemcheck
