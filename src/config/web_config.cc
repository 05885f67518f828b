#include "config/web_config.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <utility>

#include "base/text.h"
#include "config/section.h"
#include "config/values.h"

namespace systemcheck {
namespace {

constexpr std::size_t users_max = 256;
constexpr std::size_t name_bytes_max = 64;
constexpr std::size_t header_bytes_max = 1024;
/// Each step doubles the time that a password takes: some seconds on this machine's only processor.
constexpr int cost_max = 16;
constexpr int cost_min = 4;

constexpr std::array<std::string_view, 5> known_headers{"Content-Security-Policy", "X-Frame-Options",
                                                        "X-Content-Type-Options", "X-XSS-Protection",
                                                        "Strict-Transport-Security"};

Error malformed(std::string message) { return {Error::Kind::malformed, std::move(message)}; }

/// The hash itself is never shown.
Result<std::string> parse_bcrypt_hash(std::string_view text) {
  constexpr std::string_view letters = "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  constexpr std::size_t size = 60;  // "$2y$10$", the salt and the hash.
  const bool has_form = text.size() == size && text.starts_with("$2") &&
                        std::string_view("aby").find(text[2]) != std::string_view::npos && text[3] == '$' &&
                        text[6] == '$' && text.substr(7).find_first_not_of(letters) == std::string_view::npos;
  const auto cost = has_form ? parse_number<int>(text.substr(4, 2)) : std::nullopt;
  if (!cost) return malformed("is not a bcrypt hash ($2y$…, as htpasswd -nB makes them)");
  if (*cost >= cost_min && *cost <= cost_max) return std::string(text);
  return malformed(fmt::format("has a cost of {}, which is not from {} to {}", *cost, cost_min, cost_max));
}

Result<std::string> parse_header(std::string_view name, std::string_view value) {
  const auto one_of = [&](std::initializer_list<std::string_view> words) -> Result<std::string> {
    if (std::ranges::find(words, value) != words.end()) return std::string(value);
    return malformed(fmt::format("'{}' is not {}", printable(value, 64), fmt::join(words, " or ")));
  };
  if (name == "X-Frame-Options") return one_of({"deny", "sameorigin"});
  if (name == "X-Content-Type-Options") return one_of({"nosniff"});
  if (value.size() <= header_bytes_max) return std::string(value);
  return malformed(fmt::format("is longer than {} bytes", header_bytes_max));
}

void read_headers(Section section, std::map<std::string, std::string>& headers) {
  for (const auto name : known_headers) {
    std::string value;
    section.read(name, value, [name](std::string_view text) { return parse_header(name, text); });
    if (!value.empty()) headers[std::string(name)] = value;
  }
  section.refuse_unknown_keys();
}

void read_http(Section section, WebConfig& config) {
  bool is_http2_wanted = true;  // We speak HTTP/1.1, which every client of HTTP/2 falls back to.
  section.read("http2", is_http2_wanted, parse_switch);
  read_headers(section.section("headers"), config.headers);
  section.refuse_unknown_keys();
}

void read_users(Section section, std::map<std::string, std::string>& users) {
  if (section.entry().children.size() > users_max)
    return section.refuse(section.entry(), "", fmt::format("more than {} users", users_max));
  for (const auto& entry : section.entry().children) {
    const bool is_name = !entry.key.empty() && entry.key.size() <= name_bytes_max &&
                         clean_prefix(entry.key) == entry.key.size() &&
                         entry.key.find(':') == std::string::npos;
    if (!is_name) section.refuse(entry, printable(entry.key, 64), "is not a name that can be logged in with");
    section.read(entry.key, users[entry.key], parse_bcrypt_hash);
  }
}

/// The toolkit's older name for one of them.
Result<ClientCertificate> parse_client_certificate(std::string_view text) {
  if (text == "RequireClientCert") return ClientCertificate::needed;
  if (const auto known = from_word<ClientCertificate>(text)) return *known;
  return malformed(fmt::format("'{}' is not one of {}", printable(text, 64),
                               fmt::join(Words<ClientCertificate>::all, ", ")));
}

Result<std::string> parse_any(std::string_view text) { return std::string(text); }

void refuse_unsupported(Section& section) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 4> unsupported{
      {{"cert", "is not supported: name a file (cert_file)"},
       {"key", "is not supported: name a file (key_file)"},
       {"client_ca", "is not supported: name a file (client_ca_file)"},
       {"client_allowed_sans", "is not supported"}}};
  for (const auto& [key, reason] : unsupported) {
    if (const auto* entry = section.find(key)) section.refuse(*entry, key, std::string(reason));
  }
}

void check_tls(Section& section, const WebTls& tls) {
  if (tls.cert_file.empty()) section.refuse_among({"cert_file"}, "cert_file is missing");
  if (tls.key_file.empty()) section.refuse_among({"key_file"}, "key_file is missing");
  const bool is_verified =
      tls.client == ClientCertificate::verified || tls.client == ClientCertificate::verified_if_given;
  if (!tls.client_ca_file.empty() && tls.client == ClientCertificate::none)
    section.refuse_among({"client_ca_file"}, "client_ca_file without a client_auth_type does nothing");
  if (tls.client_ca_file.empty() && is_verified)
    section.refuse_among({"client_auth_type"}, "client_ca_file is missing: nobody could be verified");
  if (tls.min_version > tls.max_version)
    section.refuse_among({"min_version", "max_version"}, "min_version is later than max_version");
}

WebTls read_tls(Section section, const std::string& path) {
  const auto parse_file = [&path](std::string_view text) -> Result<std::string> {
    if (text.empty()) return malformed("is empty");
    return (std::filesystem::path(path).parent_path() / text).lexically_normal().string();
  };
  WebTls tls;
  section.read("cert_file", tls.cert_file, parse_file);
  section.read("key_file", tls.key_file, parse_file);
  section.read("client_ca_file", tls.client_ca_file, parse_file);
  section.read("client_auth_type", tls.client, parse_client_certificate);
  section.read("min_version", tls.min_version);
  section.read("max_version", tls.max_version);
  section.read_list("cipher_suites", tls.cipher_suites, {}, parse_any);
  section.read_list("curve_preferences", tls.curves, {}, parse_any);
  section.read("prefer_server_cipher_suites", tls.is_own_order_preferred, parse_switch);
  refuse_unsupported(section);
  if (section.is_sound()) check_tls(section, tls);
  section.refuse_unknown_keys();
  return tls;
}

}  // namespace

LoadedWeb load_web_config(const ConfigText& text) {
  LoadedWeb loaded;
  Entry root;
  merge_entries(root, parse_yaml(text, loaded.problems), loaded.problems);
  Section top(root, "", loaded.problems);
  if (const auto* tls = top.find("tls_server_config"); tls != nullptr && !tls->children.empty())
    loaded.config.tls = read_tls(top.section("tls_server_config"), text.path);
  read_http(top.section("http_server_config"), loaded.config);
  read_users(top.section("basic_auth_users"), loaded.config.users);
  if (const auto* limit = top.find("rate_limit")) top.refuse(*limit, "rate_limit", "is not supported");
  top.refuse_unknown_keys();
  std::ranges::sort(loaded.problems, {}, [](const Problem& it) { return std::pair(it.line, it.column); });
  return loaded;
}

}  // namespace systemcheck
