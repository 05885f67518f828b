#include "publish/http_tls.h"

#include <gnutls/gnutls.h>
#include <gnutls/x509.h>

#include <algorithm>
#include <array>
#include <set>

#include "base/text.h"

namespace systemcheck {
namespace {

Error tls_error(const std::string& what, int code) {
  return {Error::Kind::malformed, what + ": " + gnutls_strerror(code)};
}

struct Suite {
  std::string_view name;  ///< Go's
  std::string_view exchange;
  std::string_view cipher;
  std::string_view mac;
};

/// Those that Go's crypto/tls still offers for TLS up to 1.2.
constexpr std::array<Suite, 14> suites{{
    {"TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "ECDHE-RSA", "AES-128-GCM", "AEAD"},
    {"TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", "ECDHE-RSA", "AES-256-GCM", "AEAD"},
    {"TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256", "ECDHE-RSA", "CHACHA20-POLY1305", "AEAD"},
    {"TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA", "ECDHE-RSA", "AES-128-CBC", "SHA1"},
    {"TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA", "ECDHE-RSA", "AES-256-CBC", "SHA1"},
    {"TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "ECDHE-ECDSA", "AES-128-GCM", "AEAD"},
    {"TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", "ECDHE-ECDSA", "AES-256-GCM", "AEAD"},
    {"TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256", "ECDHE-ECDSA", "CHACHA20-POLY1305", "AEAD"},
    {"TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA", "ECDHE-ECDSA", "AES-128-CBC", "SHA1"},
    {"TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA", "ECDHE-ECDSA", "AES-256-CBC", "SHA1"},
    {"TLS_RSA_WITH_AES_128_GCM_SHA256", "RSA", "AES-128-GCM", "AEAD"},
    {"TLS_RSA_WITH_AES_256_GCM_SHA384", "RSA", "AES-256-GCM", "AEAD"},
    {"TLS_RSA_WITH_AES_128_CBC_SHA", "RSA", "AES-128-CBC", "SHA1"},
    {"TLS_RSA_WITH_AES_256_CBC_SHA", "RSA", "AES-256-CBC", "SHA1"},
}};

constexpr std::array<std::pair<std::string_view, std::string_view>, 4> curves{
    {{"CurveP256", "GROUP-SECP256R1"},
     {"CurveP384", "GROUP-SECP384R1"},
     {"CurveP521", "GROUP-SECP521R1"},
     {"X25519", "GROUP-X25519"}}};

constexpr std::array<std::string_view, 4> versions{"VERS-TLS1.0", "VERS-TLS1.1", "VERS-TLS1.2",
                                                   "VERS-TLS1.3"};

Error unknown(std::string_view what, const std::string& name) {
  return {Error::Kind::malformed, std::string(what) + ": '" + printable(name, 64) + "' is not known"};
}

void add_once(std::string& priorities, std::string_view word) {
  const auto added = ":+" + std::string(word);
  if ((priorities + ":").find(added + ":") == std::string::npos) priorities += added;
}

const Suite* find_suite(std::string_view name) {
  const auto* const found = std::ranges::find(suites, name, &Suite::name);
  return found == suites.end() ? nullptr : found;
}

/// GnuTLS takes key exchanges and ciphers apart, and would combine them all: what that would let in beyond
/// what is listed.
std::string_view find_extra(const std::set<const Suite*>& wanted) {
  for (const auto& suite : suites) {
    const auto has = [&wanted](auto&& part) { return std::ranges::any_of(wanted, part); };
    const bool is_offered =
        has([&](const Suite* it) { return it->exchange == suite.exchange; }) &&
        has([&](const Suite* it) { return it->cipher == suite.cipher && it->mac == suite.mac; });
    if (is_offered && !wanted.contains(&suite)) return suite.name;
  }
  return {};
}

Status add_suites(std::string& priorities, const std::vector<std::string>& names) {
  if (names.empty()) return Nothing{};
  std::set<const Suite*> wanted;
  priorities += ":-KX-ALL:-CIPHER-ALL:-MAC-ALL";
  for (const auto& name : names) {
    const auto* suite = find_suite(name);
    if (suite == nullptr) return unknown("cipher_suites", name);
    wanted.insert(suite);
    for (const auto word : {suite->exchange, suite->cipher, suite->mac})
      add_once(priorities, word);
  }
  const auto extra = find_extra(wanted);
  if (extra.empty()) return Nothing{};
  return Error{Error::Kind::malformed, "cipher_suites: with these " + std::string(extra) +
                                           " would be allowed, too: list it, or fewer"};
}

Status add_curves(std::string& priorities, const std::vector<std::string>& names) {
  if (!names.empty()) priorities += ":-GROUP-ALL";
  for (const auto& name : names) {
    const auto* const found = std::ranges::find(curves, name, [](const auto& it) { return it.first; });
    if (found == curves.end()) return unknown("curve_preferences", name);
    add_once(priorities, found->second);
  }
  return Nothing{};
}

gnutls_datum_t datum(const std::string& text) {
  return {.data = reinterpret_cast<unsigned char*>(const_cast<char*>(text.data())),  // Only read.
          .size = static_cast<unsigned>(text.size())};
}

/// 0: go on.
int check_client(gnutls_session_t session, bool may_be_missing) {
  unsigned count = 0;
  (void)gnutls_certificate_get_peers(session, &count);
  if (count == 0) return may_be_missing ? 0 : GNUTLS_E_CERTIFICATE_REQUIRED;
  gnutls_typed_vdata_st client{
      .type = GNUTLS_DT_KEY_PURPOSE_OID,
      .data = reinterpret_cast<unsigned char*>(const_cast<char*>(GNUTLS_KP_TLS_WWW_CLIENT)),  // Only read.
      .size = 0};
  unsigned problems = 0;
  const int code = gnutls_certificate_verify_peers(session, &client, 1, &problems);
  return code < 0 ? code : problems == 0 ? 0 : GNUTLS_E_CERTIFICATE_ERROR;
}

int check_needed_client(gnutls_session_t session) { return check_client(session, false); }
int check_given_client(gnutls_session_t session) { return check_client(session, true); }

class GnutlsHttpTls final : public HttpTls {
 public:
  GnutlsHttpTls() = default;
  GnutlsHttpTls(const GnutlsHttpTls&) = delete;
  GnutlsHttpTls& operator=(const GnutlsHttpTls&) = delete;
  ~GnutlsHttpTls() override {
    if (credentials_ != nullptr) gnutls_certificate_free_credentials(credentials_);
    if (priorities_ != nullptr) gnutls_priority_deinit(priorities_);
  }

  Status load(const WebTls& rules, const Texts& texts) {
    client_ = rules.client;
    const auto priorities = tls_priorities(rules);
    if (!priorities) return priorities.error();
    int code = gnutls_priority_init(&priorities_, priorities->c_str(), nullptr);
    if (code < 0) return tls_error("TLS: " + *priorities, code);
    code = gnutls_certificate_allocate_credentials(&credentials_);
    if (code < 0) return tls_error("TLS", code);
    const auto certificate = datum(texts.certificate);
    const auto key = datum(texts.key);
    code = gnutls_certificate_set_x509_key_mem(credentials_, &certificate, &key, GNUTLS_X509_FMT_PEM);
    if (code < 0) return tls_error("cert_file " + rules.cert_file + " and key_file " + rules.key_file, code);
    return load_authorities(rules, texts);
  }

  bool prepare(void* session) const override {
    auto* const raw = static_cast<gnutls_session_t>(session);
    if (gnutls_priority_set(raw, priorities_) < 0 ||
        gnutls_credentials_set(raw, GNUTLS_CRD_CERTIFICATE, credentials_) < 0)
      return false;
    gnutls_certificate_server_set_request(raw, request());
    return true;
  }

 private:
  [[nodiscard]] gnutls_certificate_request_t request() const {
    switch (client_) {
      case ClientCertificate::none:
        return GNUTLS_CERT_IGNORE;
      case ClientCertificate::asked:
      case ClientCertificate::verified_if_given:
        return GNUTLS_CERT_REQUEST;
      case ClientCertificate::needed:
      case ClientCertificate::verified:
        break;
    }
    return GNUTLS_CERT_REQUIRE;
  }

  Status load_authorities(const WebTls& rules, const Texts& texts) {
    if (rules.client == ClientCertificate::verified)
      gnutls_certificate_set_verify_function(credentials_, &check_needed_client);
    if (rules.client == ClientCertificate::verified_if_given)
      gnutls_certificate_set_verify_function(credentials_, &check_given_client);
    if (rules.client_ca_file.empty()) return Nothing{};
    const auto authorities = datum(texts.client_authorities);
    const int count = gnutls_certificate_set_x509_trust_mem(credentials_, &authorities, GNUTLS_X509_FMT_PEM);
    if (count > 0) return Nothing{};
    return tls_error("client_ca_file " + rules.client_ca_file,
                     count < 0 ? count : GNUTLS_E_NO_CERTIFICATE_FOUND);
  }

  ClientCertificate client_ = ClientCertificate::none;
  gnutls_priority_t priorities_ = nullptr;
  gnutls_certificate_credentials_t credentials_ = nullptr;
};

}  // namespace

Result<std::string> tls_priorities(const WebTls& rules) {
  std::string priorities = "NORMAL:-VERS-ALL";
  for (auto version = static_cast<std::size_t>(rules.min_version);
       version <= static_cast<std::size_t>(rules.max_version); ++version)
    add_once(priorities, versions.at(version));
  if (auto added = add_suites(priorities, rules.cipher_suites); !added) return added.error();
  if (auto added = add_curves(priorities, rules.curves); !added) return added.error();
  if (rules.is_own_order_preferred) priorities += ":%SERVER_PRECEDENCE";
  return priorities;
}

Result<std::shared_ptr<const HttpTls>> HttpTls::make(const WebTls& rules, const Texts& texts) {
  auto made = std::make_shared<GnutlsHttpTls>();
  if (auto loaded = made->load(rules, texts); !loaded) return std::move(loaded).error();
  return std::shared_ptr<const HttpTls>(std::move(made));
}

}  // namespace systemcheck
