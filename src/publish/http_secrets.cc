#include "publish/http_secrets.h"

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>

#include <algorithm>
#include <array>
#include <cctype>

#include "base/hex.h"

namespace systemcheck {
namespace {

constexpr std::size_t key_bytes = 32;
constexpr std::size_t header_bytes_max = 2048;

std::optional<std::string> decode_base64(std::string_view text) {
  std::string encoded(text);
  const gnutls_datum_t from{.data = reinterpret_cast<unsigned char*>(encoded.data()),
                            .size = static_cast<unsigned>(encoded.size())};
  gnutls_datum_t to{};
  if (gnutls_base64_decode2(&from, &to) < 0) return std::nullopt;
  std::string decoded(reinterpret_cast<const char*>(to.data), to.size);
  gnutls_free(to.data);
  return decoded;
}

bool is_basic(std::string_view scheme) {
  constexpr std::string_view basic = "basic ";
  if (scheme.size() < basic.size()) return false;
  for (std::size_t i = 0; i < basic.size(); ++i) {
    if (std::tolower(static_cast<unsigned char>(scheme[i])) != basic[i]) return false;
  }
  return true;
}

}  // namespace

std::string random_key() {
  std::string key(key_bytes, '\0');
  return gnutls_rnd(GNUTLS_RND_KEY, key.data(), key.size()) < 0 ? std::string() : key;
}

std::string keyed_digest(std::string_view key, const std::vector<std::string_view>& parts) {
  if (key.empty()) return {};
  std::string text;
  for (const auto part : parts)
    text += std::to_string(part.size()) + ':' + std::string(part);
  std::array<char, 32> bytes{};
  if (gnutls_hmac_fast(GNUTLS_MAC_SHA256, key.data(), key.size(), text.data(), text.size(), bytes.data()) < 0)
    return {};
  return hex({bytes.data(), bytes.size()});
}

bool is_equal_secretly(std::string_view one, std::string_view other) {
  return !one.empty() && one.size() == other.size() &&
         gnutls_memcmp(one.data(), other.data(), one.size()) == 0;
}

std::optional<Credentials> parse_basic_authorization(std::string_view header) {
  if (header.size() > header_bytes_max || !is_basic(header)) return std::nullopt;
  header.remove_prefix(header.find(' '));
  header.remove_prefix(std::min(header.find_first_not_of(' '), header.size()));
  const auto decoded = decode_base64(header);
  const auto colon = decoded ? decoded->find(':') : std::string::npos;
  if (colon == std::string::npos) return std::nullopt;
  return Credentials{.user = decoded->substr(0, colon), .password = decoded->substr(colon + 1)};
}

}  // namespace systemcheck
