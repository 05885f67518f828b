#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/vocabulary.h"
#include "config/load.h"

// The web configuration file of Prometheus' exporters (exporter-toolkit, docs/web-configuration.md): one file
// for all that are scraped on a machine says who may ask, and how what is said is kept private.

namespace systemcheck {

/// Whether a client must show a certificate, by the names of Go's tls.ClientAuthType.
enum class ClientCertificate { none, asked, needed, verified_if_given, verified };
template <>
struct Words<ClientCertificate> {
  static constexpr int first = 0;
  static constexpr std::array<std::string_view, 5> all{"NoClientCert", "RequestClientCert",
                                                       "RequireAnyClientCert", "VerifyClientCertIfGiven",
                                                       "RequireAndVerifyClientCert"};
};

enum class TlsVersion { tls10, tls11, tls12, tls13 };
template <>
struct Words<TlsVersion> {
  static constexpr int first = 0;
  static constexpr std::array<std::string_view, 4> all{"TLS10", "TLS11", "TLS12", "TLS13"};
};

struct WebTls {
  std::string cert_file{};
  std::string key_file{};
  std::string client_ca_file{};
  ClientCertificate client = ClientCertificate::none;
  TlsVersion min_version = TlsVersion::tls12;
  TlsVersion max_version = TlsVersion::tls13;
  std::vector<std::string> cipher_suites{};  ///< in Go's names; empty: the library's choice
  std::vector<std::string> curves{};         ///< in Go's names
  bool is_own_order_preferred = true;

  bool operator==(const WebTls&) const = default;
};

struct WebConfig {
  std::optional<WebTls> tls{};
  std::map<std::string, std::string> headers{};  ///< of every answer
  std::map<std::string, std::string> users{};    ///< and the bcrypt hashes of their passwords

  bool operator==(const WebConfig&) const = default;
};

struct LoadedWeb {
  WebConfig config{};  ///< only meaningful when there is no problem
  std::vector<Problem> problems{};
};

/// What is said that cannot be done here is a problem: nobody shall believe to be safer than he is. Pure.
/// File names are relative to the file's own directory.
LoadedWeb load_web_config(const ConfigText& text);

}  // namespace systemcheck
